"""AWS accounts, customer keys, calls in parallel, and the IAM policies that commands need."""
