"""Scripts that only maintain the repository."""
