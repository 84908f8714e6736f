"""Wire: the only place with sockets, environment and clock."""
