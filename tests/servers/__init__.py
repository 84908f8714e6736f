"""chat-magic and openai-python side by side on real servers: `make servers`."""
