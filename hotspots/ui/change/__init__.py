"""The Change page."""
