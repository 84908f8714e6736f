"""Pictures: core values become MIME bundles, HTML and text; no network, no ChatResult."""
