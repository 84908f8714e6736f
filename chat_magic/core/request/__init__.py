"""What is asked: parameters, messages, attachments, tools, settings."""
