"""Files that are written from the tables, patterns and schemas of the package."""
