"""AWS Config: moto has its rules, and here are their remediations."""
