"""python -m hotspots VERB: the door. Every verb lives in `hotspots.cli`."""

from __future__ import annotations

import sys

from hotspots.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
