"""What make test leaves out is there to be run, and its kind is run all the same."""

from __future__ import annotations

import pytest

from tests.conftest import REPOSITORY
from tests.thorough import THOROUGH


@pytest.mark.parametrize("node", THOROUGH)
def test_what_is_left_to_make_test_thorough_exists(node: str) -> None:
    file, _, name = node.partition("::")
    functions = [
        line.removeprefix("def ").partition("(")[0]
        for line in (REPOSITORY / file).read_text(encoding="utf-8").splitlines()
        if line.startswith("def test_")
    ]
    assert any(f.startswith(name.partition("[")[0]) for f in functions)
    assert THOROUGH[node]
