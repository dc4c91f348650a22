"""What Reprieve means, in plain Python: settings, Regions, threats, and what people are told."""
