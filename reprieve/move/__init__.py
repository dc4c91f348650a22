"""Moves the resources of a deployment between the states of two layouts (`state.split`)."""
