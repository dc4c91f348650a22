"""What the commands print for people: one module for each command, and what they share."""
