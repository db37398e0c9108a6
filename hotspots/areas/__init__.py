"""From ranked cells to hot spots: adjoining cells joined into areas to be patrolled, named, and edited by people.

An area is a connected set of cells of one BCU. `candidates` proposes areas; people then add and drop cells, each with
a reason (`editing`), and `register` freezes what they settle on; `finding` leads from a question to candidates.
Everything but the register is plain tables in and out; an areas table has the columns of
`hotspots.base.columns.AREAS`, its cells as tuples of hexadecimal text in order.
"""

from __future__ import annotations

from hotspots.areas.candidates import inside_excluded
from hotspots.areas.editing import add_cells, drop_area, drop_cells, new_area, with_role
from hotspots.areas.rules import EXCLUSION_KINDS, ROLES, outline, refusals, refuse_cells, warnings_of
from hotspots.areas.table import AREA_COLUMNS, cell_ids, in_form, measured, named, with_quiet_cells

__all__ = [
    "AREA_COLUMNS", "EXCLUSION_KINDS", "ROLES", "add_cells", "cell_ids", "drop_area", "drop_cells", "in_form",
    "inside_excluded", "measured", "named", "new_area", "outline", "refusals", "refuse_cells", "warnings_of",
    "with_quiet_cells", "with_role",
]  # fmt: skip
