"""How keys are named, and which of them a change means."""

import fnmatch
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

INTERNAL = "\x1f"
"""Parts a key from its version, and starts the keys of what the cache keeps for itself; people's keys have none."""
Meant = Callable[[str], bool]


def checked(key: str) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}: caching.cached makes keys of arguments")
    return key


def named_version(key: str, version: int | None) -> str:
    """The name under which ``key`` is kept. ValueError where people's own text could be taken for a version's."""
    if INTERNAL in checked(key):
        raise ValueError("a key has no \\x1f in it, which is the cache's own: leave it out of the key")
    return key if version is None else f"{key}{INTERNAL}v{version}"


@dataclass(frozen=True, slots=True)
class Matching:
    """Keys of people that a glob matches, whatever their version."""

    pattern: str
    _matches: Callable[[str], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        matches = re.compile(fnmatch.translate(self.pattern), re.DOTALL).match
        object.__setattr__(self, "_matches", matches)

    def __call__(self, key: str) -> bool:
        return not key.startswith(INTERNAL) and self._matches(key.partition(INTERNAL)[0]) is not None


@dataclass(frozen=True, slots=True)
class OfVersion:
    """Keys that were set with one version."""

    version: int

    def __call__(self, key: str) -> bool:
        return key.endswith(f"{INTERNAL}v{self.version}") and not key.startswith(INTERNAL)


def everything(key: str) -> bool:
    """What the cache keeps for itself, too."""
    return True


def matching(pattern: str, keys: Iterable[str]) -> list[str]:
    return list(filter(Matching(pattern), keys))
