"""What a server answered: events, chunks, tokens, the finished reply."""
