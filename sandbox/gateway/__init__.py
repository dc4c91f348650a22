"""Receives every request: checks Region and permissions, then routes it to a service."""
