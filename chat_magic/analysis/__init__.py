"""Numbers: replies become tokens, metrics and tables; pandas lives here."""
