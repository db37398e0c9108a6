"""The Patrol dosage page."""
