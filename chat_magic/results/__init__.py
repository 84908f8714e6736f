"""The values that a user holds: results, their tables and views."""
