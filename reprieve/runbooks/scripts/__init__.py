"""The Python scripts of the runbooks. Systems Manager runs them: see `runbooks.script_source`.

Each module is a part of a script. It may import the standard library, boto3, and other modules of
this package by `from reprieve.runbooks.scripts.NAME import ...` at its top.
"""
