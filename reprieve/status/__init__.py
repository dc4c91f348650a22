"""`reprieve status`: compare what is deployed with the guard's data."""
