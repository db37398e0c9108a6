"""Workspaces that several recovery tests read, made once."""

from __future__ import annotations

from tests.workspaces import demo, patrolled

__all__ = ["demo", "patrolled"]
