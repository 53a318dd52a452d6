"""Keys from arguments: equal keys exactly for arguments that are equal and of the same types.

Arguments are written down canonically, each with its type and length, and hashed (BLAKE3, 128 bits). Frames and arrays
count by content. What cannot be written down without guessing raises ``Unkeyable``: an object that is told apart by
identity only would otherwise give a wrong hit or none ever.
"""

import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import pathlib
import struct
import sys
import uuid
from collections.abc import Callable, Container, Iterable, Mapping
from types import FunctionType
from typing import Any

from blake3 import blake3

_DIGEST_BYTES = 16


class Unkeyable(TypeError):
    """No key can be made of an argument; the message says which, and what to do."""


def digest(value: Any) -> str:
    """32 hexadecimal digits that stand for ``value``."""
    return blake3(written(value)).hexdigest(_DIGEST_BYTES)


def written(value: Any) -> bytes:
    """The canonical form, which begins with the type and tells its own length."""
    kind = type(value)
    write = _WRITERS.get(kind)
    if write is not None:
        return _framed(kind.__name__, write(value))
    own = getattr(value, "__cache_key__", None)
    if callable(own) and not isinstance(value, type):
        return _framed("own", _name(kind) + written(own()))
    if isinstance(value, enum.Enum):
        return _framed("enum", _name(kind) + written(value.name) + written(_bits(value)))
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and not _is_collection(kind):
        fields = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
        return _framed("dataclass", _name(kind) + written(fields) + _others(value, dict(fields)))
    if isinstance(value, tuple) and hasattr(kind, "_fields"):
        return _framed("namedtuple", _name(kind) + written(tuple(value)) + _others(value, ()))
    if isinstance(value, pathlib.PurePath):
        return _framed("path", str(value).encode(errors="surrogateescape"))
    if isinstance(value, type | FunctionType):
        return _framed("name", _importable(value))
    return _data(value)


def _bits(value: enum.Enum) -> int | None:
    """Of a flag, which may be a combination without a name."""
    return int(value.value) if isinstance(value, enum.Flag) else None


def _is_collection(kind: type) -> bool:
    """It may hold more than its fields, as a subclass of ``dict`` does."""
    return any(base in _WRITERS for base in kind.__mro__)


def _others(value: object, fields: Container[str]) -> bytes:
    """Attributes that were set besides the fields; not what a ``cached_property`` derived from them."""
    more = {
        name: attribute
        for name, attribute in getattr(value, "__dict__", {}).items()
        if name not in fields and not isinstance(getattr(type(value), name, None), functools.cached_property)
    }
    return written(more) if more else b""


def _data(value: Any) -> bytes:
    """Values of numpy and pandas; neither is loaded for this."""
    for module in ("pandas", "numpy"):
        if module in sys.modules and type(value).__module__.partition(".")[0] == module:
            from caching import data_keys

            found = data_keys.written(value)
            if found is not None:
                return _framed(type(value).__name__, found)
    raise Unkeyable(
        f"no key can be made of a {_name(type(value)).decode()}: give it a __cache_key__() method, make it "
        "a dataclass, or give `cached` a `key` function"
    )


def _framed(kind: str, content: bytes) -> bytes:
    return b"%s:%d:%s" % (kind.encode(), len(content), content)


def _name(kind: type) -> bytes:
    return f"{kind.__module__}.{kind.__qualname__} ".encode()


def _importable(value: Any) -> bytes:
    """A class or function by its name, when that leads to it: two lambdas share a name."""
    found: Any = sys.modules.get(value.__module__)
    for part in value.__qualname__.split("."):
        found = getattr(found, part, None)
    if found is not value:
        raise Unkeyable(f"no key can be made of {value.__qualname__}: it is not at the top level of its module")
    return f"{value.__module__}.{value.__qualname__}".encode()


def _sequence(values: Iterable[Any]) -> bytes:
    return b"".join(map(written, values))


def _unordered(values: Iterable[Any]) -> bytes:
    return b"".join(sorted(map(written, values)))


def _mapping(values: Mapping[Any, Any]) -> bytes:
    """Dictionaries that are equal are equal in whatever order they were filled."""
    return b"".join(sorted(written(key) + written(value) for key, value in values.items()))


def _text(value: object) -> bytes:
    return str(value).encode()


def _moment(value: datetime.datetime | datetime.time) -> bytes:
    return f"{value.isoformat()} {value.fold} {value.tzinfo!r}".encode()


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda value: b"",
    bool: lambda value: b"1" if value else b"0",
    int: lambda value: b"%x" % value,
    float: lambda value: struct.pack("<d", value),  # tells 0.0 from -0.0, and a NaN equals itself
    complex: lambda value: struct.pack("<dd", value.real, value.imag),
    str: lambda value: value.encode(errors="surrogatepass"),
    bytes: lambda value: value,
    bytearray: bytes,
    memoryview: lambda value: value.tobytes(),
    tuple: _sequence,
    list: _sequence,
    set: _unordered,
    frozenset: _unordered,
    dict: _mapping,
    range: lambda value: f"{value.start} {value.stop} {value.step}".encode(),
    slice: lambda value: _sequence((value.start, value.stop, value.step)),
    decimal.Decimal: _text,
    fractions.Fraction: _text,
    uuid.UUID: lambda value: value.bytes,
    datetime.date: _text,
    datetime.datetime: _moment,
    datetime.time: _moment,
    datetime.timedelta: lambda value: _sequence((value.days, value.seconds, value.microseconds)),
    type(Ellipsis): lambda value: b"",
}
