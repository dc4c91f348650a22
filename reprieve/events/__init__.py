"""Events that endanger KMS keys: threats, their patterns, exemptions and alerts."""
