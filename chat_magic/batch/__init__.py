"""Many requests from one call."""
