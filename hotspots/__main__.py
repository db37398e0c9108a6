"""python -m hotspots VERB: the door. Every verb lives in `hotspots.cli`."""

from __future__ import annotations

import atexit
import gc
import os
import sys

from hotspots.cli.main import main


def _leave() -> None:
    """Nothing is tidied that the end of the process tidies; DuckDB would list what it still holds, line by line."""
    if "duckdb" not in sys.modules:
        gc.freeze()


if __name__ == "__main__":
    # Matrices here are small: threads of linear algebra, begun when NumPy is loaded, cost more than they give.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Most verbs live for a second and leave no circles: looking for them would take a tenth of it.
    gc.set_threshold(100_000, 50, 50)
    atexit.register(_leave)
    sys.exit(main())
