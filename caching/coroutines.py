"""As ``caching.computing``, for coroutines: what may block runs in a thread, what computes is awaited."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

from caching.codec import TOKEN_BYTES
from caching.computing import Computing, Wanted
from caching.flights import Abandoned, Flight
from caching.held import Held
from caching.manager import CacheManager


async def get_or_set(manager: CacheManager, wanted: Wanted, compute: Callable[[], Awaitable[Any]]) -> Any:
    """As ``CacheManager.get_or_set``. A waiter that is cancelled stops nobody else."""
    computing = manager.computing
    while True:
        held = await asyncio.to_thread(manager.find, wanted.key)
        if held is not None and wanted.is_there(held):
            return wanted.given(held)
        flight, leads = computing.flights.join(wanted.key, asyncio.current_task())
        if leads:
            return wanted.given(await _lead(manager, wanted, flight, compute, held))
        if flight.task is asyncio.current_task():
            return await compute()  # it asks for itself while it computes
        if held is not None:
            return wanted.given(held)
        try:
            return wanted.given(await asyncio.shield(asyncio.wrap_future(flight.future)))
        except Abandoned:
            continue


async def _lead(
    manager: CacheManager,
    wanted: Wanted,
    flight: Flight[Held],
    compute: Callable[[], Awaitable[Any]],
    before: Held | None,
) -> Held:
    computing = manager.computing
    with computing.flights.leading(wanted.key, flight):
        held = await _alone(manager, computing, wanted, flight, compute, before)
    flight.future.set_result(held)
    return held


async def _alone(
    manager: CacheManager,
    computing: Computing,
    wanted: Wanted,
    flight: Flight[Held],
    compute: Callable[[], Awaitable[Any]],
    before: Held | None,
) -> Held:
    token = os.urandom(TOKEN_BYTES)
    held = await asyncio.to_thread(computing.elsewhere, wanted, token, before)
    if held is not None:
        return held
    try:
        tokens = await asyncio.to_thread(manager.tokens, wanted.tags)
        value = await compute()
        return await asyncio.to_thread(computing.keep, wanted, flight, value, tokens)
    finally:
        await asyncio.shield(asyncio.to_thread(computing.unlock, wanted.key, token))
