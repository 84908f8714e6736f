"""Static HTML that survives the sanitizer of an untrusted notebook."""
