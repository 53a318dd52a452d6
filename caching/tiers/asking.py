"""One command to Redis and its answer, past most of what redis-py does for each.

``execute_command`` and the pool's own checks of a connection (is it still open? has it something to say?) take longer
than the server does for an entry of usual size. Here a connection stays taken from the pool for the next command, and
that the server closed it is noticed by the command's own failure.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

_LONG_BYTES = 64 * 1024
_MOST_KEPT = 8
_POOL_SHARE = 4
"""At most so much of a pool, one in four, is kept: others of the process may use it, too."""


class Asking:
    """Commands through ``client``. Any thread may ask; each answer is waited for.

    Behind Sentinels a connection to a server that is no longer the master goes back to the pool, which drops it; a
    cluster has no one pool, and is asked as redis-py does it.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._pool: Any = getattr(client, "connection_pool", None)
        most = getattr(self._pool, "max_connections", 0)
        self._most = min(_MOST_KEPT, most // _POOL_SHARE)
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
                return _answer(connection, command)
        finally:
            self._give_back(connection)

    def give_back_all(self) -> None:
        while self._kept:
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
        is_good = self._pool.owns_connection(connection) and not connection.should_reconnect()
        if is_good and len(self._kept) < self._most:
            self._kept.append(connection)
        else:
            self._pool.release(connection)


def packed(command: Sequence[Any]) -> list[bytes]:
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


def _answer(connection: Any, command: Sequence[Any]) -> Any:
    """A connection of which an answer may still come is closed, so that nobody takes it for another one."""
    try:
        connection.send_packed_command(packed(command))
        return connection.read_response()
    except BaseException as error:  # an interrupted wait leaves an answer behind, too
        if not _is_answer(error):
            connection.disconnect()
        raise


def _is_lost(error: Exception) -> bool:
    """The server closed the connection; a time-out is another thing, and is not waited for twice."""
    from redis.exceptions import ConnectionError as Lost

    return isinstance(error, Lost)


def _is_answer(error: BaseException) -> bool:
    from redis.exceptions import ResponseError

    return isinstance(error, ResponseError)
