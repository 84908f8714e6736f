"""The display of an answer that is still streaming."""
