"""The oldest versions that Reprieve works with."""

PYTHON = (3, 11)
NODE = (20, 0)
TERRAFORM = (1, 10)
"""Terraform's first version, and OpenTofu's, that locks a state in S3 with a file."""
