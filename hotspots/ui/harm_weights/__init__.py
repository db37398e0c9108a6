"""The Harm weights page."""
