"""Databases that are away, in the ways they can be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections

from tests.servers import free_port


@contextmanager
def database_away() -> Iterator[None]:
    """Every connection that is opened meanwhile, in any thread, goes to a port where nothing listens."""
    address: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": free_port()}
    login = {"NAME": "ops", "USER": "ops", "PASSWORD": "hunter2", "OPTIONS": {}}
    kept = connections.settings["default"]
    own = connections["default"]
    connections.settings["default"] = kept | address | login
    del connections["default"]
    try:
        yield
    finally:
        connections.settings["default"] = kept
        connections["default"] = own
