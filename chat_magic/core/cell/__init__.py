"""The text of a cell, and the request or grid that it stands for."""
