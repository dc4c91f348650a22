"""Running AWS: accounts, calls in parallel, and the IAM policies that commands need."""
