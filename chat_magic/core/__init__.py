"""Rules: pure values and functions without I/O, clock or globals."""
