"""Workspaces that several recovery tests read, made once."""

from __future__ import annotations

from tests.workspaces import patrolled

__all__ = ["patrolled"]
