"""Work in processes of its own, forked: as apart as another program is, and nothing has to be loaded anew."""

from __future__ import annotations

import multiprocessing
import warnings
from collections.abc import Callable
from typing import Any

import pytest


def begun(*acts: Callable[[], object]) -> list[Any]:
    """A process for each, all from the same moment on."""
    if "fork" not in multiprocessing.get_all_start_methods():
        pytest.skip("this system has no fork")
    context = multiprocessing.get_context("fork")
    start = context.Barrier(len(acts))

    def begin(act: Callable[[], object]) -> None:
        start.wait()
        act()

    processes = [context.Process(target=begin, args=(act,)) for act in acts]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads of libraries: a process starts its own
        for process in processes:
            process.start()
    return processes


def at_once(*acts: Callable[[], object]) -> list[int | None]:
    """Run each in a process of its own to the end; their exit codes: 1 after an exception, -9 where killed."""
    processes = begun(*acts)
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]
