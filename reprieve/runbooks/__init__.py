"""The Systems Manager runbooks that remediate threats."""
