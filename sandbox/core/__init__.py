"""What all services of the sandbox share."""
