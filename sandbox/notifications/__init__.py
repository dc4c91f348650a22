"""AWS User Notifications: configurations, event rules, and contacts that get an e-mail."""
