"""Patrol minutes beside outcomes."""
