"""The settings: read from `reprieve.toml` and the environment, and validated."""
