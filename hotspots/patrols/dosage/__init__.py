"""Dose of patrols: `workspace.py` leads from a question to its answer, `dose.py` says what is counted."""
