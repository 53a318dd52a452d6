"""The Redis tier: entries shared by all hosts, on one server, behind Sentinels, or on a cluster."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeVar

from caching.codec import NEVER, PEEK_BYTES, decoded, encoded
from caching.signing import Buffer
from caching.stats import Tally
from caching.tiers.base import TierFailed, TierFull, Usage

_SCAN_COUNT = 1000
_COUNTED_BY_SCAN = 20_000
_BATCH = 1000
_LONG_BYTES = 64 * 1024
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
            found: bytes | None = _ask(self._client, "GET", self._name(key))
        except Exception as error:
            if _is_of_another_type(error):
                return None
            raise _failure(error) from error
        return found

    def read_many(self, keys: Sequence[str]) -> dict[str, Buffer]:
        found = self._pipelined("get", keys)
        return {key: entry for key, entry in zip(keys, found, strict=True) if entry is not None}

    def peek(self, key: str) -> Buffer | None:
        try:
            start: bytes | None = _ask(self._client, "GETRANGE", self._name(key), 0, PEEK_BYTES - 1) or None
        except Exception as error:
            if _is_of_another_type(error):
                return None
            raise _failure(error) from error
        return start

    def write(self, key: str, entry: Sequence[Buffer], ttl_seconds: float) -> None:
        until = ("PX", _milliseconds(ttl_seconds)) if ttl_seconds != NEVER else ()
        try:
            _ask(self._client, "SET", self._name(key), b"".join(entry), *until)
        except Exception as error:
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
        client = self.__dict__.pop("_client", None)
        if client is not None:
            client.close()

    def after_fork(self) -> None:
        """redis-py notices by itself."""

    @cached_property
    def _client(self) -> Any:
        return self._connect()

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
        except Exception as error:
            raise _failure(error) from error


def _ask(client: Any, *command: Any) -> Any:
    """The answer as the server gives it, by a connection of the client's pool.

    ``execute_command``, which clients without one pool have to use, takes up to twice the time in this process.
    """
    pool = getattr(client, "connection_pool", None)
    if pool is None:
        return client.execute_command(*command)
    connection = pool.get_connection()
    try:
        try:
            return _answer(connection, command)
        except Exception as error:
            if not _is_lost(error):
                raise
            return _answer(connection, command)
    finally:
        pool.release(connection)


def _answer(connection: Any, command: Sequence[Any]) -> Any:
    """A connection of which an answer may still come is closed, so that nobody takes it for another one."""
    try:
        connection.send_packed_command(_packed(command))
        return connection.read_response()
    except BaseException as error:
        if not _is_answer(error):
            connection.disconnect()
        raise


def _packed(command: Sequence[Any]) -> list[bytes]:
    """As RESP has it, an array of texts with their lengths; what is long stands apart, so that it is not copied.

    redis-py's own packing, for arguments of any kind, takes a tenth of a look-up's time.
    """
    texts = [one if type(one) is bytes else str(one).encode() for one in command]
    parts, found = [b"*%d\r\n" % len(texts)], list[bytes]()
    for text in texts:
        parts.append(b"$%d\r\n" % len(text))
        if len(text) > _LONG_BYTES:
            found += (b"".join(parts), text)
            parts = [b"\r\n"]
        else:
            parts += (text, b"\r\n")
    return [*found, b"".join(parts)]


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


def _is_lost(error: Exception) -> bool:
    """The server closed the connection; a time-out is another thing, and is not waited for twice."""
    from redis.exceptions import ConnectionError as Lost

    return isinstance(error, Lost)


def _is_answer(error: BaseException) -> bool:
    from redis.exceptions import ResponseError

    return isinstance(error, ResponseError)


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
