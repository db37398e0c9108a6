"""How fast, and in how much memory, beside a floor or a peer measured in the same run.

``python -m benchmarks`` writes docs/benchmarks.md; ``--large`` also imports ten million rows.
"""
