"""What outlives a kernel: files with names, limits and versions."""
