"""Measurements that the documentation quotes; each is a make target."""
