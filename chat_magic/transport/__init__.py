"""The wire: the only room that knows sockets, the environment and the clock."""
