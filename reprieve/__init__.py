"""Reprieve in plain Python: everything except the mapping to Terraform, which is in stacks/."""

__version__ = "1.0.0"
