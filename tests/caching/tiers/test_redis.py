"""How commands are written to a server; what the tier does with them is in the contract of all tiers."""

from typing import Any

import pytest
from redis._parsers import Encoder
from redis.connection import PythonRespSerializer

from caching.tiers.redis import _LONG_BYTES, _packed


@pytest.mark.parametrize(
    "command",
    [
        ("GET", b"key"),
        ("GETRANGE", b"key", 0, 511),
        ("SET", "na\N{SNOWMAN}me".encode(), b"x" * 300, "PX", 3_600_000),
        ("SET", b"key", b"", "PX", 1),
        ("SET", b"key", b"x" * (_LONG_BYTES + 1), "PX", 1),
    ],
)
def test_a_command_is_written_as_redis_py_writes_it(command: tuple[Any, ...]) -> None:
    theirs = PythonRespSerializer(6000, Encoder("utf-8", "strict", False).encode).pack(*command)
    assert b"".join(_packed(command)) == b"".join(theirs)


def test_what_is_long_is_sent_without_being_copied() -> None:
    entry = b"x" * (_LONG_BYTES + 1)
    assert any(part is entry for part in _packed(("SET", b"key", entry)))
