"""What all services of the sandbox share: account, clock, clients, errors, JSONPath."""
