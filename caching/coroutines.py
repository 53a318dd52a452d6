"""As ``caching.computing``, for coroutines: what may block runs in a thread, what computes is awaited."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

from caching.codec import TOKEN_BYTES
from caching.computing import Computing, Wanted
from caching.flights import Abandoned, Flight
from caching.held import Held
from caching.manager import CacheManager

P = ParamSpec("P")
R = TypeVar("R")


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
            with flight.waiting():
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
        held = await _alone(manager, wanted, flight, compute, before)
    flight.future.set_result(held)
    return held


async def _alone(
    manager: CacheManager,
    wanted: Wanted,
    flight: Flight[Held],
    compute: Callable[[], Awaitable[Any]],
    before: Held | None,
) -> Held:
    computing, token = manager.computing, os.urandom(TOKEN_BYTES)
    try:
        held = await _elsewhere(computing, wanted, token, before)
        if held is not None:
            return held
        tokens = await asyncio.to_thread(manager.tokens, wanted.tags)
        value = await compute()
        return await asyncio.to_thread(computing.keep, wanted, flight, value, tokens)
    except Exception:  # as in ``Computing``
        held = computing.after_failure(wanted, before)
        if held is None:
            raise
        return held
    finally:
        await asyncio.shield(asyncio.to_thread(computing.unlock, wanted.key, token))


async def _elsewhere(computing: Computing, wanted: Wanted, token: bytes, before: Held | None) -> Held | None:
    """As ``Computing.elsewhere``; no thread is taken up by a pause."""
    for pause_seconds in computing.pauses():
        look = await _to_its_end(computing.look, wanted, token, before)
        if look.is_over:
            return look.held
        await asyncio.sleep(pause_seconds)
    return None


async def _to_its_end(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """As ``asyncio.to_thread``; when the caller is cancelled, the thread has ended before it goes on."""
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
