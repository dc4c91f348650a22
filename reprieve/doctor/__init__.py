"""Whether this machine, the settings, the account and the state are ready for a deployment."""
