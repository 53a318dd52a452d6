"""How the memory tier holds a value so that callers can change what they get without changing the cache.

Immutable values are handed out as they are, frames of pandas as copies that share their data until one is written to
(copy-on-write), arrays as copies, and all else is kept pickled and rebuilt for each caller, as Django's locmem does.
"""

import datetime
import decimal
import enum
import fractions
import pickle
import sys
import uuid
from collections import deque
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any

from caching.codec import NEVER, Unstorable

_SCALARS = frozenset(
    (str, bytes, int, float, complex, bool, type(None), decimal.Decimal, fractions.Fraction, uuid.UUID, range,
     datetime.date, datetime.datetime, datetime.time, datetime.timedelta, datetime.timezone)
)  # fmt: skip
_COLLECTIONS = (tuple, frozenset)
_MOST_MEMBERS = 64
_MOST_SAMPLED = 50  # at each level
_DEEPEST = 20
_SHARED_BY_ALL = (type, ModuleType, FunctionType, enum.Enum)
_OVERHEAD_BYTES = 400  # of an entry and its places in the tier, measured

Hand = Callable[[Any], Any]


class Held:
    """A value in memory. ``hand`` makes what a caller gets of ``value``; None when that is ``value`` itself.

    Times are monotonic seconds. Before ``trusted_until`` it is handed out without a look at the outer tiers. ``grow``
    is how the tier that has it learns of bytes that come later.
    """

    __slots__ = (
        "fresh_until", "grow", "hand", "hits", "in_main", "is_local", "kept_until", "key", "shared", "size_bytes",
        "stamp", "tags", "trusted_until", "turn", "value",
    )  # fmt: skip

    def __init__(self, key: str, value: Any, hand: Hand | None, size_bytes: int) -> None:
        self.key = key
        self.value = value
        self.hand = hand
        self.size_bytes = size_bytes + len(key) + _OVERHEAD_BYTES
        self.fresh_until = self.kept_until = self.trusted_until = 0.0
        self.stamp = b""
        self.tags: tuple[tuple[str, bytes], ...] = ()
        self.turn = 0
        self.is_local = False
        self.hits = 0
        self.in_main = False
        self.shared: Any = None
        self.grow: Callable[[Held, int], None] | None = None

    @property
    def stale_seconds(self) -> float:
        """How long ``get_or_set`` may hand it out after its end."""
        return max(self.kept_until - self.fresh_until, 0.0) if self.fresh_until != NEVER else 0.0

    def take(self) -> Any:
        """The caller's own."""
        return self.value if self.hand is None else self.hand(self.value)

    def share(self) -> Any:
        """What all callers share, and must not change."""
        if self.hand is not pickle.loads:
            return self.value
        if self.shared is None:  # rebuilt once; whoever comes second in a race rebuilds it once more
            self.shared = pickle.loads(self.value)  # noqa: S301  (pickled by this process)
            grow = self.grow  # whoever comes second may find that it was called, and taken away
            if grow is not None:
                grow(self, _size_of(self.shared))
        return self.shared


def hold(key: str, value: Any, *, is_ours: bool = False, as_it_is: bool = False) -> Held:
    """``is_ours`` says that nobody else has the value, ``as_it_is`` that all callers may share it.

    Unstorable when it can be neither copied nor pickled.
    """
    if as_it_is:
        return Held(key, value, None, _size_of(value))
    if _is_immutable(value):
        return Held(key, value, None, _size_of(value))
    copying = _copying(value)
    if copying is not None:
        shallow, deep = copying
        value = value if is_ours else deep(value)
        return Held(key, value, shallow, _size_of(value))
    try:
        packed = pickle.dumps(value, 5)
    except Exception as error:  # whatever the value's classes raise while they are pickled
        raise Unstorable(f"a {type(value).__name__} cannot be kept: {error}") from error
    return Held(key, packed, pickle.loads, len(packed))


def _is_immutable(value: Any) -> bool:
    kind = type(value)
    if kind in _SCALARS:
        return True
    if kind in _COLLECTIONS:
        return len(value) <= _MOST_MEMBERS and all(_is_immutable(member) for member in value)
    return isinstance(value, enum.Enum)


def _copying(value: Any) -> tuple[Hand, Hand] | None:
    """How a value of pandas or numpy is copied, for a caller and for good; neither is loaded for this."""
    module = type(value).__module__.partition(".")[0]
    if module == "pandas" and type(value) in _frames() and not _holds_objects(value):
        return (lambda frame: frame.copy(deep=False)), (lambda frame: frame.copy(deep=True))
    if module == "numpy" and type(value) is sys.modules["numpy"].ndarray and not value.dtype.hasobject:
        return (lambda array: array.copy()), (lambda array: array.copy())
    return None


def _frames() -> tuple[type, ...]:
    pandas = sys.modules["pandas"]
    return pandas.DataFrame, pandas.Series


def _holds_objects(frame: Any) -> bool:
    """Objects in a column, an index or ``attrs`` would be shared by the copies."""
    dtypes = [*frame.dtypes] if frame.ndim == 2 else [frame.dtype]
    return bool(frame.attrs) or any(dtype.kind == "O" for dtype in dtypes)


def _size_of(value: Any) -> int:
    """Bytes of memory, of containers with what they hold; of long ones a sample tells, so that it is quick."""
    return _sized(value, set(), _DEEPEST)


def _sized(value: Any, counted: set[int], levels: int) -> int:
    if id(value) in counted:
        return 0
    known = _known_size(value)
    if known is not None:
        return known
    members = _members(value) if levels else []
    if members:
        counted.add(id(value))
    sample = members[:: len(members) // _MOST_SAMPLED + 1]
    held = sum(_sized(member, counted, levels - 1) for member in sample)
    return sys.getsizeof(value) + (held * len(members) // len(sample) if sample else 0)


def _known_size(value: Any) -> int | None:
    """What values of pandas, numpy and their like say of themselves; others may mean something else by these names."""
    kind = type(value)
    if not (hasattr(kind, "memory_usage") or hasattr(kind, "nbytes")):
        return None
    try:
        if callable(getattr(value, "memory_usage", None)):
            usage = value.memory_usage(deep=True)
            return int(usage if isinstance(usage, int) else usage.sum())
        return int(value.nbytes)
    except Exception:  # noqa: BLE001  (a look-up must not fail for its own counting)
        return None


def _members(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | set | frozenset | deque):
        return list(value)
    return list(vars(value).values()) if hasattr(value, "__dict__") and not isinstance(value, _SHARED_BY_ALL) else []
