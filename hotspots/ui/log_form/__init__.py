"""The patrol log form."""
