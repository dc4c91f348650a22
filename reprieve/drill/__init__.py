"""`reprieve drill`: schedule a throw-away key's deletion and check that it is rescued."""
