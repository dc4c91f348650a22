"""What Reprieve needs on this machine: Python and its packages, Node.js, npm, Terraform.

These modules run before anything is installed, and on a Python that is too old: they import only
the standard library and each other, and quote annotations that Python 3.6 could not evaluate.
"""
