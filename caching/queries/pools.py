"""The pools of the optimizers of this process, for those who watch it."""

from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakSet

from caching.queries.databases.base import PoolState

if TYPE_CHECKING:
    from caching.queries.optimizer import QueryOptimizer

_optimizers: "WeakSet[QueryOptimizer]" = WeakSet()
_entering = Lock()


def enter(optimizer: "QueryOptimizer") -> None:
    """It is known for as long as anybody has it."""
    with _entering:
        _optimizers.add(optimizer)


def connection_pools() -> tuple[PoolState, ...]:
    """The pools of all optimizers of this process."""
    with _entering:
        known = list(_optimizers)
    return tuple(sorted((one.pool_state() for one in known), key=lambda state: state.database))
