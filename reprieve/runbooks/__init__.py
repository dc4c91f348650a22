"""The Systems Manager runbooks that undo threats."""
