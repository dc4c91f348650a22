"""The options that every command has, their help, and what the shell completes."""
