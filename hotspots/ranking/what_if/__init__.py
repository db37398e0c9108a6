"""Other weights, other hot spots: edits tried before they are stored, and two weight sets side by side."""
