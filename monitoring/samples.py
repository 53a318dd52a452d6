"""A sample as values: the identity of its series, and what was read over one flush interval."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from monitoring.kinds import Kind
from monitoring.sketch import Sketch

Tags = tuple[tuple[str, str], ...]
LONGEST_NAME = 200
LONGEST_TAG = 500


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """The name of a metric and its tags in sorted order: what makes a series itself."""

    name: str
    tags: Tags
    kind: Kind
    category: str = field(default="", compare=False)
    _hash: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.name, self.tags)))

    def __hash__(self) -> int:
        return self._hash  # computed once: a flush looks each key up several times


@dataclass(frozen=True, slots=True)
class Sample:
    """``at_ms`` is milliseconds since the epoch; ``value`` is a finite number in the metric's base unit."""

    key: SeriesKey
    at_ms: int
    value: float
    count: int | None = None
    total: float | None = None
    minimum: float | None = None
    maximum: float | None = None
    sketch: Sketch | None = None


class SampleRefused(ValueError):
    """The value is not a finite number: it could be neither compared nor drawn."""


def sorted_tags(tags: Mapping[str, object]) -> Tags:
    """Tags as every database can store them: what is no text for it is replaced, what is too long is cut."""
    return tuple(sorted((_storable(str(key)), _storable(str(value))) for key, value in tags.items()))


def is_metric_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= LONGEST_NAME and is_storable(name)


def is_storable(text: str) -> bool:
    """As it is, in every database."""
    return text == _storable(text)


@lru_cache(maxsize=65536)
def _storable(text: str) -> str:
    """Without lone surrogates, which are no UTF-8, and NUL, which PostgreSQL refuses in texts."""
    return text[:LONGEST_TAG].encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def finite(value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise SampleRefused(f"{value!r} is not a finite number")
    return number


@lru_cache(maxsize=65536)
def fingerprint(name: str, tags: Tags) -> str:
    """32 hexadecimal digits that stand for a series on every host and for ever (BLAKE2b, 16 bytes)."""
    text = json.dumps([name, tags], ensure_ascii=False, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
