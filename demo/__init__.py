"""`make demo`: Reprieve deployed to a local AWS, and a key in every Region that needs it."""
