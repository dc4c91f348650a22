"""The guard as plain data: everything that is deployed per Region and per account."""
