"""What measuring itself does must not be measured: else each flush would record queries for the next one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_is_quiet: ContextVar[bool] = ContextVar("ahgd_is_quiet", default=False)
is_quiet = _is_quiet.get


def be_quiet() -> None:
    """From here on, for this thread or task."""
    _is_quiet.set(True)


@contextmanager
def quietly() -> Iterator[None]:
    token = _is_quiet.set(True)
    try:
        yield
    finally:
        _is_quiet.reset(token)
