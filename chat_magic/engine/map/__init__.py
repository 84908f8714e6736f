"""Many rows: from data to prepared requests, their execution, and a table of answers."""
