"""The tests mirror the package; each is a sentence of its specification."""
