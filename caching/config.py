"""``CacheConfig``: which tiers there are, how large, how long."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from caching.environment import PATH, Variable, WrongValue, check, read
from caching.variables import FIELDS, REDIS_SENTINELS

_STATE_DIR = Variable("AHGD_STATE_DIR", "state_dir", PATH, "The file tier is in its directory cache.")
_POSITIVE = (
    "redis_connection_timeout", "redis_timeout", "file_cache_cleanup_interval", "streamlit_max_entries",
    "compute_lease",)  # fmt: skip
_NOT_NEGATIVE = (
    "default_ttl", "max_memory_mb", "max_file_cache_size_mb", "compression_threshold", "streamlit_ttl",
    "max_staleness", "fallback_ttl",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheConfig:
    """Names and defaults of the guide; durations in seconds, sizes in MiB (``_mb``) or bytes.

    A memory limit of 0 leaves the memory tier out. Raises ``WrongValue`` when a value is not allowed.
    """

    enabled: bool = True
    default_ttl: float = 3600
    max_memory_mb: float = 512
    compression_enabled: bool = True
    compression_threshold: int = 1024

    file_cache_enabled: bool = True
    file_cache_dir: Path | str | None = None
    max_file_cache_size_mb: float = 1024
    file_cache_cleanup_interval: float = 3600

    redis_enabled: bool = False
    redis_host: str = "localhost"
    redis_port: int = 6379
    redis_db: int = 0
    redis_password: str | None = field(default=None, repr=False)
    redis_ssl: bool = False
    redis_connection_timeout: float = 5
    redis_timeout: float = 0.5
    """Of one command; a Redis that hangs costs a process this once, then the breaker leaves it out."""
    redis_sentinels: tuple[str, ...] = ()
    redis_service: str = "mymaster"
    redis_cluster: bool = False
    redis_alias: str = ""
    """An alias in Django's ``CACHES`` whose django-redis connections are used instead of the fields above."""

    streamlit_cache_enabled: bool = True
    streamlit_ttl: float = 1800
    streamlit_max_entries: int = 100

    namespace: str = "ahgd"
    """Programs with different namespaces, or versions, do not see each other's entries."""
    version: int = 1
    max_staleness: float = 1.0
    """How long a process may go on using what another one has changed or invalidated."""
    fallback_ttl: float = 60
    """Most that is kept of a value which the outermost tier could not take."""
    compute_lease: float = 30
    """How long other processes wait for the one that computes a value before they do so themselves."""
    signing_key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        for name in (*_POSITIVE, *_NOT_NEGATIVE):
            value = getattr(self, name)
            lowest = "more than 0" if name in _POSITIVE else "0 or more"
            if not _is_number(value) or value < 0 or (value == 0 and name in _POSITIVE):
                raise WrongValue(f"{name}={value!r}: allowed is {lowest}")
        check(REDIS_SENTINELS, self.redis_sentinels)
        if not self.namespace or not self.namespace.isprintable() or "/" in self.namespace:
            raise WrongValue(f"namespace={self.namespace!r}: allowed is printable text without slashes")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """For programs without Django settings: the cache's rows of ``docs/reference/configuration.md``."""
        found = read(FIELDS, environ)
        values: dict[str, Any] = {
            FIELDS[variable]: found[variable.field] for variable in FIELDS if variable.field in found
        }
        state_dir = read((_STATE_DIR,), environ).get("state_dir")
        if state_dir is not None:
            values.setdefault("file_cache_dir", state_dir / "cache")
        return cls(**values)

    @property
    def directory(self) -> Path:
        """Of the file tier: entries of one namespace and version, and what else lies beside them."""
        if self.file_cache_dir is not None:
            return Path(self.file_cache_dir)
        home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
        return Path(home) / "ahgd"

    @property
    def prefix(self) -> str:
        """What keys start with in a store that others use, too."""
        return f"{self.namespace}:{self.version}:"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)
