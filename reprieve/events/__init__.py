"""KMS events: threats and their patterns, exemptions, and the alerts about them."""
