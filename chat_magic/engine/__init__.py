"""The path from a request to its result, and the functions of the public interface."""
