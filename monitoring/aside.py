"""The database from within an event loop, where Django refuses it: in every cell of a notebook, and in coroutines."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def aside(work: Callable[[], T]) -> T:
    """``work()``, on a thread and connections of its own where this thread runs an event loop; raises what it raises.

    The loop waits meanwhile, as it does for anything else that a cell calculates.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return work()
    with ThreadPoolExecutor(1, "ahgd-aside") as one:
        return one.submit(_and_disconnect, work).result()


def _and_disconnect(work: Callable[[], T]) -> T:
    try:
        return work()
    finally:
        connections.close_all()
