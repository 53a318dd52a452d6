"""The way to a PostgreSQL server, which may be cut, or end at one that does not answer."""

import os
import select
import socket
from contextlib import suppress
from typing import Any

CANCEL_SECONDS = 2.0
CONNECT_SECONDS = 10
# A server that is gone is missed after about half a minute: asked three times when nothing comes, and when nothing
# that was sent is received. A server that is there but hangs answers these; for it statements have time-outs.
PATIENCE: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


def with_patience(url: str) -> str:
    """For libpq, which reads the URL itself: it also knows several hosts, and sockets, whose slashes are quoted."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    return make_conninfo("", **{**PATIENCE, **conninfo_to_dict(url)})


def shut(connection: Any) -> None:
    """Whoever waits for an answer is told that there will be none. The socket stays the driver's own to close.

    A connection that is closed, or lost, has none.
    """
    import psycopg

    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)


def is_closed(connection: Any) -> bool:
    """Whether its server has hung up meanwhile: on a connection that is not used it says nothing but goodbye."""
    if connection.closed:
        return True
    said = select.poll()  # select() takes no descriptor from 1024 on
    said.register(connection.fileno(), select.POLLIN)
    return bool(said.poll(0))
