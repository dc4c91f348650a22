"""The types of resources: what each one has, and the calls that create, update and delete it."""
