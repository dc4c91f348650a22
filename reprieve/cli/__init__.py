"""The command `reprieve`: one module per subcommand, each options → one call → one view."""
