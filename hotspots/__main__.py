"""python -m hotspots VERB: the door. Every verb lives in `hotspots.cli`."""

from __future__ import annotations

import atexit
import gc
import sys

from hotspots.cli.main import main

if __name__ == "__main__":
    # Most verbs live for a second and leave no circles: looking for them would take a tenth of it.
    gc.set_threshold(100_000, 50, 50)
    atexit.register(gc.freeze)
    sys.exit(main())
