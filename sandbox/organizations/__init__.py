"""AWS Organizations: the accounts of the sandbox in one organization."""
