"""Imports many modules without the garbage collector's passes in between."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Import in this block: modules, classes and their tables live forever, so they are not searched for garbage.

    CPython collects after every few hundred new containers, and a full pass goes through all modules imported so far:
    about a quarter of the time that the imports of a command take. `gc.freeze` exempts them from later passes too.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
