"""The oldest versions that Reprieve works with."""

PYTHON = (3, 11)
NODE = (20, 0)
NODE_OF_CDKTN = (22, 19)
"""As cdktn-cli 0.24.0 declares: `engines` in its package.json."""
TERRAFORM = (1, 10)
"""Terraform's first version, and OpenTofu's, that locks a state in S3 with a file."""
