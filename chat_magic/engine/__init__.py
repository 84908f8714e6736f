"""From a request to its result, and the functions that do it."""
