"""What a tier that processes share has to do: keep entries of bytes under names, and say when it cannot."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from caching.signing import Buffer
from caching.stats import Tally


class TierFailed(Exception):
    """The tier does not work now: the text says why. Whoever uses it goes on without."""


class TierFull(TierFailed):
    """It keeps nothing more, but can still be read."""


@dataclass(frozen=True, slots=True)
class Usage:
    entries: int
    size_bytes: int
    limit_bytes: int | None


class SharedTier(Protocol):
    """Each operation raises TierFailed instead of waiting for longer than its time-out. Entries vanish at will."""

    name: str
    tally: Tally

    def read(self, key: str) -> Buffer | None: ...

    def read_many(self, keys: Sequence[str]) -> dict[str, Buffer]: ...

    def peek(self, key: str) -> Buffer | None:
        """The first ``PEEK_BYTES`` of the entry."""

    def write(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> None:
        """Replaces what was there; no reader sees a part, some may see none. Infinite ``ttl_seconds`` are for ever."""

    def claim(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        """Writes only where nothing is; of several at once, one succeeds."""

    def delete(self, keys: Iterable[str]) -> int:
        """How many there were."""

    def clear(self) -> int:
        """Deletes all there is, also what names no key; how many there were."""

    def keys(self) -> Iterator[str]: ...

    def usage(self) -> Usage: ...

    def ping(self) -> None:
        """Does nothing, where the tier works."""

    def close(self) -> None: ...

    def after_fork(self) -> None:
        """In the child: what a thread of the parent held is free."""
