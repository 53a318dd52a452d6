"""The Redis tier: entries shared by all hosts, on one server, behind Sentinels, or on a cluster."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

from caching.codec import NEVER, PEEK_BYTES
from caching.signing import Buffer
from caching.stats import Tally
from caching.tiers.base import TierFailed, TierFull, Usage

_SCAN_COUNT = 1000
_COUNTED_BY_SCAN = 20_000
_BATCH = 1000
T = TypeVar("T")


class RedisTier:
    """Entries under names that start with ``prefix``. ``connect`` makes the client at the first use."""

    name = "redis"

    def __init__(self, connect: Callable[[], Any], prefix: str) -> None:
        self.tally = Tally()
        self._connect = connect
        self._prefix = prefix

    def read(self, key: str) -> Buffer | None:
        try:  # as _try does; this is what every look-up waits for
            found: bytes | None = self._client.get(self._prefix + key)
        except Exception as error:
            raise _failure(error) from error
        return found

    def read_many(self, keys: Sequence[str]) -> dict[str, Buffer]:
        found = self._pipelined("get", keys)
        return {key: entry for key, entry in zip(keys, found, strict=True) if entry is not None}

    def peek(self, key: str) -> Buffer | None:
        return self._try(lambda client: client.getrange(self._prefix + key, 0, PEEK_BYTES - 1)) or None

    def write(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> None:
        self._try(lambda client: client.set(self._prefix + key, b"".join(entry), px=_milliseconds(ttl_seconds)))

    def claim(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        ttl_ms = _milliseconds(ttl_seconds)
        return bool(self._try(lambda client: client.set(self._prefix + key, b"".join(entry), px=ttl_ms, nx=True)))

    def delete(self, keys: Iterable[str]) -> int:
        return sum(self._pipelined("unlink", tuple(keys)))

    def keys(self) -> Iterator[str]:
        return iter(self._try(self._keys))

    def usage(self) -> Usage:
        """Size and limit are the server's, which others may use, too."""
        return self._try(self._usage)

    def ping(self) -> None:
        self._try(lambda client: client.ping())

    def close(self) -> None:
        client = self.__dict__.pop("_client", None)
        if client is not None:
            client.close()

    def after_fork(self) -> None:
        """redis-py notices by itself."""

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def _keys(self, client: Any) -> list[str]:
        literal = "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in self._prefix)
        found = client.scan_iter(match=f"{literal}*", count=_SCAN_COUNT)
        return [name.decode(errors="replace")[len(self._prefix) :] for name in found]

    def _usage(self, client: Any) -> Usage:
        count = client.dbsize()
        if count <= _COUNTED_BY_SCAN:  # beyond that, all keys of the database are near enough
            count = len(set(self._keys(client)))
        memory = client.info("memory")
        shards = memory.values() if "used_memory" not in memory else (memory,)  # a cluster answers by node
        used, limit = (sum(shard.get(name, 0) for shard in shards) for name in ("used_memory", "maxmemory"))
        return Usage(count, used, limit or None)

    def _pipelined(self, command: str, keys: Sequence[str]) -> list[Any]:
        """One command a key, so that a cluster may keep them apart."""

        def run(client: Any) -> list[Any]:
            answers: list[Any] = []
            for at in range(0, len(keys), _BATCH):
                pipeline = client.pipeline(transaction=False)
                for key in keys[at : at + _BATCH]:
                    getattr(pipeline, command)(self._prefix + key)
                answers += pipeline.execute()
            return answers

        return self._try(run)

    def _try(self, operation: Callable[[Any], T]) -> T:
        try:
            return operation(self._client)
        except Exception as error:
            raise _failure(error) from error


def _failure(error: Exception) -> Exception:
    """What ``error`` means. redis-py is loaded by whoever connects, and may not be installed."""
    if isinstance(error, ImportError):
        return TierFailed("the package redis is not installed: pip install redis")
    from redis.exceptions import OutOfMemoryError, RedisError

    if not isinstance(error, RedisError | OSError):
        return error
    return (TierFull if isinstance(error, OutOfMemoryError) else TierFailed)(f"{type(error).__name__}: {error}")


def _milliseconds(ttl_seconds: float) -> int | None:
    return None if ttl_seconds == NEVER else max(1, round(ttl_seconds * 1000))
