"""Asking a port over HTTP, and asking anything again until there is an answer."""

import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from types import MappingProxyType
from typing import TypeVar

T = TypeVar("T")
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def ask(port: int, path: str, seconds: float = 10, headers: Mapping[str, str] = NO_HEADERS) -> tuple[int, bytes]:
    """Status and body of a GET on this machine. Raises OSError, of which no answer in time is one."""
    connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def wait_until(question: Callable[[], T], patience_seconds: float, why: Callable[[], str] = str) -> T:
    """The first answer that is true; fails after ``patience_seconds`` with what ``why`` says then."""
    deadline = time.monotonic() + patience_seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"waited in vain {why()}"
        time.sleep(0.05)
    return answer
