"""One command to Redis and its answer, past most of what redis-py does for each.

``execute_command`` and the pool's own checks of a connection (is it still open? has it something to say?) take longer
than the server does for an entry of usual size. Where the pool is ours alone and of one server, a connection stays
taken from it for the next command, and that the server closed it is noticed by the command's own failure.
"""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

LONG_BYTES = 64 * 1024
"""A text of more is sent as it is, without being copied."""
_MOST_KEPT = 8
"""More threads than these seldom wait for Redis at once; what they take goes through the pool."""


class Asking:
    """Commands through ``client``. Any thread may ask; each answer is waited for.

    No connection is kept of a pool that others use, too, and none behind Sentinels, whose pool has to see whether the
    server is the master still. A cluster has no one pool, and is asked as redis-py does it.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._pool: Any = getattr(client, "connection_pool", None)
        self._most = _MOST_KEPT if _is_ours_alone(client) else 0
        self._kept: deque[Any] = deque()

    def ask(self, *command: Any) -> Any:
        """The answer as the server gives it. A command is asked again when the connection turns out to be lost."""
        if self._pool is None:
            return self._client.execute_command(*command)
        connection = self._take()
        try:
            try:
                return _answer(connection, command)
            except Exception as error:  # whatever it is, it is told on
                if not _is_lost(error):
                    raise
                connection.connect()
                return _answer(connection, command)
        finally:
            self._give_back(connection)

    def give_back_all(self) -> None:
        """Nothing is kept from now on."""
        self._most = 0
        with suppress(IndexError):
            while True:
                self._pool.release(self._kept.pop())

    def after_fork(self) -> None:
        """The connections are the parent's; redis-py empties the pool by itself."""
        self._kept.clear()

    def _take(self) -> Any:
        try:
            return self._kept.pop()
        except IndexError:
            return self._pool.get_connection()

    def _give_back(self, connection: Any) -> None:
        if len(self._kept) < self._most:
            self._kept.append(connection)
        else:
            self._pool.release(connection)


def _is_ours_alone(client: Any) -> bool:
    from redis import ConnectionPool

    return type(getattr(client, "connection_pool", None)) is ConnectionPool and client.auto_close_connection_pool


def packed(command: Sequence[Any]) -> list[bytes]:
    """As RESP has it, an array of texts with their lengths; what is long stands apart, so that it is not copied.

    redis-py's own packing, for arguments of any kind, takes a tenth of a look-up's time.
    """
    texts = [one if type(one) is bytes else str(one).encode() for one in command]
    parts, found = [b"*%d\r\n" % len(texts)], list[bytes]()
    for text in texts:
        parts.append(b"$%d\r\n" % len(text))
        if len(text) > LONG_BYTES:
            found += (b"".join(parts), text)
            parts = [b"\r\n"]
        else:
            parts += (text, b"\r\n")
    return [*found, b"".join(parts)]


def _answer(connection: Any, command: Sequence[Any]) -> Any:
    """A connection of which an answer may still come is closed, so that nobody takes it for another one."""
    try:
        connection.send_packed_command(packed(command))
        return connection.read_response()
    except (AttributeError, ValueError) as error:  # its socket or parser is gone
        raise _lost("The connection was closed by another thread") from error
    except BaseException as error:  # an interrupted wait leaves an answer behind, too
        if not _is_answer(error):
            connection.disconnect()
        raise


def _lost(reason: str) -> Exception:
    from redis.exceptions import ConnectionError as Lost

    return Lost(reason)


def _is_lost(error: Exception) -> bool:
    """The server closed the connection; a time-out is another thing, and is not waited for twice."""
    from redis.exceptions import ConnectionError as Lost

    return isinstance(error, Lost)


def _is_answer(error: BaseException) -> bool:
    from redis.exceptions import ResponseError

    return isinstance(error, ResponseError)
