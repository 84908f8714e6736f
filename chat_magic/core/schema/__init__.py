"""The form of an answer: Python types and JSON Schema."""
