"""IAM: principals, policy evaluation and authorization."""
