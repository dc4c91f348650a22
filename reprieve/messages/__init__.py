"""What Reprieve tells people and programs: alerts, in the form of each channel."""
