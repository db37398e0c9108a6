"""Workspaces that several unit tests read or copy, made once."""

from __future__ import annotations

from tests.workspaces import archive, own_police, police

__all__ = ["archive", "own_police", "police"]
