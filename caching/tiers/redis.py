"""The Redis tier: entries shared by all hosts, on one server, behind Sentinels, or on a cluster."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

from caching.codec import NEVER, PEEK_BYTES, decoded, encoded
from caching.signing import Buffer
from caching.stats import Tally
from caching.tiers.asking import Asking
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
            found: bytes | None = self._asking.ask("GET", self._name(key))
        except Exception as error:  # _failure says what it means
            if _is_of_another_type(error):
                return None
            raise _failure(error) from error
        return found

    def read_many(self, keys: Sequence[str]) -> dict[str, Buffer]:
        found = self._pipelined("get", keys)
        return {key: entry for key, entry in zip(keys, found, strict=True) if entry is not None}

    def peek(self, key: str) -> Buffer | None:
        try:
            start: bytes | None = self._asking.ask("GETRANGE", self._name(key), 0, PEEK_BYTES - 1) or None
        except Exception as error:  # _failure says what it means
            if _is_of_another_type(error):
                return None
            raise _failure(error) from error
        return start

    def write(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> None:
        until = ("PX", _milliseconds(ttl_seconds)) if ttl_seconds != NEVER else ()
        try:
            self._asking.ask("SET", self._name(key), b"".join(entry), *until)
        except Exception as error:  # _failure says what it means
            raise _failure(error) from error

    def claim(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> bool:
        ttl_ms = _milliseconds(ttl_seconds)
        return bool(self._try(lambda client: client.set(self._name(key), b"".join(entry), px=ttl_ms, nx=True)))

    def delete(self, keys: Iterable[str]) -> int:
        return sum(self._pipelined("unlink", tuple(keys)))

    def clear(self) -> int:
        deleted = self._try(lambda client: _pipelined(client, "unlink", list(self._names(client))))
        return sum(deleted)

    def keys(self) -> Iterator[str]:
        start = len(encoded(self._prefix))
        names = self._try(lambda client: list(self._names(client)))
        return iter([key for name in names if (key := decoded(name[start:])) is not None])

    def usage(self) -> Usage:
        """Size and limit are the server's, which others may use, too."""
        return self._try(self._usage)

    def ping(self) -> None:
        self._try(lambda client: client.ping())

    def close(self) -> None:
        client, asking = (self.__dict__.pop(name, None) for name in ("_client", "_asking"))
        if asking is not None:
            asking.give_back_all()
        if client is not None:
            client.close()

    def after_fork(self) -> None:
        if "_asking" in self.__dict__:
            self._asking.after_fork()

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    @cached_property
    def _asking(self) -> Asking:
        return Asking(self._client)

    def _name(self, key: str) -> bytes:
        return encoded(self._prefix + key)

    def _names(self, client: Any) -> Iterator[bytes]:
        literal = "".join(f"\\{letter}" if letter in "*?[]\\^" else letter for letter in self._prefix)
        found: Iterator[bytes] = client.scan_iter(match=f"{literal}*", count=_SCAN_COUNT)
        return found

    def _usage(self, client: Any) -> Usage:
        count = client.dbsize()
        if count <= _COUNTED_BY_SCAN:  # beyond that, all keys of the database are near enough
            count = len(set(self._names(client)))
        memory = client.info("memory")
        shards = memory.values() if "used_memory" not in memory else (memory,)  # a cluster answers by node
        used, limit = (sum(shard.get(name, 0) for shard in shards) for name in ("used_memory", "maxmemory"))
        return Usage(count, used, limit or None)

    def _pipelined(self, command: str, keys: Sequence[str]) -> list[Any]:
        """One command a key, so that a cluster may keep them apart."""
        return self._try(lambda client: _pipelined(client, command, [self._name(key) for key in keys]))

    def _try(self, operation: Callable[[Any], T]) -> T:
        try:
            return operation(self._client)
        except Exception as error:  # _failure says what it means
            raise _failure(error) from error


def _pipelined(client: Any, command: str, names: Sequence[bytes]) -> list[Any]:
    """The answers; None for what is of another type, and so no entry."""
    answers: list[Any] = []
    for at in range(0, len(names), _BATCH):
        pipeline = client.pipeline(transaction=False)
        for name in names[at : at + _BATCH]:
            getattr(pipeline, command)(name)
        answers += map(_entry_or_none, pipeline.execute(raise_on_error=False))
    return answers


def _entry_or_none(answer: Any) -> Any:
    if isinstance(answer, Exception):
        if _is_of_another_type(answer):
            return None
        raise answer
    return answer


def _is_of_another_type(error: Exception) -> bool:
    """Somebody keeps a list or the like under a name of ours."""
    return str(error).startswith("WRONGTYPE")


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
