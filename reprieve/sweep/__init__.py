"""`reprieve sweep`: find keys that are already pending deletion or disabled."""
