"""Whether the console's ports are free, asked before anything is started."""

import contextlib
import errno
import socket
from ipaddress import ip_address

import psutil


def is_taken(host: str, port: int) -> bool:
    """Whether something listens there already. Raises OSError when ``host`` is not an address of this machine."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server: a closing connection is no reason
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return True
    return False


def refusal(host: str, port: int, variable: str) -> str | None:
    """One line for people when the port cannot be used, naming what to do; None when it can."""
    try:
        if not is_taken(host, port):
            return None
    except PermissionError:
        return f"Port {port} needs more rights than this user has. Choose another, such as {variable}={port + 8000}."
    except OSError as error:
        return f"AHGD_BIND={host}: this machine cannot listen there ({error.strerror})."
    return f"Port {port} is taken{_by_whom(port)}. Stop what uses it, or choose another: {variable}={port + 10}."


def connectable(host: str) -> str:
    """The address by which this machine reaches a server that listens on ``host``."""
    with contextlib.suppress(ValueError):
        address = ip_address(host)
        if address.is_unspecified:
            return "127.0.0.1" if address.version == 4 else "::1"
    return host


def in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _by_whom(port: int) -> str:
    try:
        listening = (c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN)
        pid = next((c.pid for c in listening if c.laddr[1:] == (port,)), None)
        return "" if pid is None else f" by process {pid} ({psutil.Process(pid).name()})"
    except psutil.Error:  # other users' processes may not be looked at
        return ""
