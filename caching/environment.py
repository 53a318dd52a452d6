"""Environment variables as a table: one row says name, field, how to read it and what is allowed.

The table type lives in the lowest package so that programs without Django settings read the same rows as
``ahgd_ops.config.ProductionConfig`` does (docs/decisions/0002-one-variable-table.md).
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class WrongValue(ValueError):
    """A variable holds what it must not; the message is one line: the variable, its value, what is allowed."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How a text becomes a value, and which values are ``allowed``; ``parse`` raises ValueError where it cannot."""

    allowed: str
    parse: Callable[[str], Any]
    accepts: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. A ``secret`` may also be given as the path of a file, in ``NAME_FILE``."""

    name: str
    field: str
    reader: Reader
    help: str
    secret: bool = False
    used_from: str = ""
    """Names the capability that will use it, for one that is accepted already and does nothing yet."""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, f"{self.name}_FILE") if self.secret else (self.name,)


def read(variables: Iterable[Variable], environ: Mapping[str, str]) -> dict[str, Any]:
    """Values of the variables that are set, by field. Unset or empty ones are left out, so defaults stand."""
    found: dict[str, Any] = {}
    for variable in variables:
        text = _text(variable, environ)
        if text != "":
            found[variable.field] = _value(variable, text)
    return found


def _text(variable: Variable, environ: Mapping[str, str]) -> str:
    path = environ.get(f"{variable.name}_FILE", "") if variable.secret else ""
    if path == "":
        return environ.get(variable.name, "").strip()
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise WrongValue(f"{variable.name}_FILE={path!r}: must name a readable file ({reason})") from error


def check(variable: Variable, value: Any) -> Any:
    """The value, when it is allowed. Raises WrongValue, with the field's name, when it is not."""
    if not variable.reader.accepts(value):
        raise WrongValue(f"{variable.field}={_shown(variable, value)}: allowed is {variable.reader.allowed}")
    return value


def _value(variable: Variable, text: str) -> Any:
    try:
        value = variable.reader.parse(text)
        if variable.reader.accepts(value):
            return value
    except ValueError:
        pass  # said below, as for a value that can be read but is not allowed
    raise WrongValue(f"{variable.name}={_shown(variable, text)}: allowed is {variable.reader.allowed}")


def _shown(variable: Variable, value: Any) -> str:
    return "(hidden)" if variable.secret else repr(value)


def whole(minimum: int, maximum: int) -> Reader:
    return Reader(
        f"a whole number from {minimum} to {maximum}",
        int,
        lambda value: type(value) is int and minimum <= value <= maximum,
    )


def number(minimum: float, maximum: float) -> Reader:
    return Reader(
        f"a number from {minimum:g} to {maximum:g}", float, lambda value: _is_between(value, minimum, maximum)
    )


def numbers(minimum: float, maximum: float, of: str) -> Reader:
    """Several numbers, separated by commas; ``of`` says what they are."""
    return Reader(
        f"{of} from {minimum:g} to {maximum:g} separated by commas",
        lambda text: tuple(float(part) for part in _parse_list(text)),
        lambda values: bool(values) and all(_is_between(value, minimum, maximum) for value in values),
    )


def one_of(*choices: str) -> Reader:
    by_folded = {choice.casefold(): choice for choice in choices}
    return Reader(
        "one of " + ", ".join(choices),
        lambda text: by_folded.get(text.casefold(), text),
        lambda value: value in choices,
    )


def _is_between(value: object, minimum: float, maximum: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and minimum <= value <= maximum


def _parse_flag(text: str) -> bool | str:
    return _FLAGS.get(text.casefold(), text)


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_url(value: object) -> bool:
    try:
        parts = urlsplit(str(value))
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_network(value: object) -> bool:
    try:
        ip_network(str(value), strict=False)
    except ValueError:
        return False
    return True


def _is_address(value: object) -> bool:
    text = str(value)
    return 0 < text.find("@") < len(text) - 1 and not set(text) & set(" \t<>")


def _is_hostname(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 253 and not set(value) & set("/ \t,@")


def _each(is_one: Callable[[object], bool]) -> Callable[[Any], bool]:
    return lambda values: all(map(is_one, values))


_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}

FLAG = Reader("true or false", _parse_flag, lambda value: isinstance(value, bool))
TEXT = Reader("any text", str, _is_text)
LIST = Reader("names separated by commas", _parse_list, _each(_is_text))
PATH = Reader(
    "a path", lambda text: Path(os.path.expanduser(text)), lambda value: isinstance(value, Path) and value != Path()
)
PORT = whole(1, 65535)
HOSTNAME = Reader("a host name or address, without scheme or port", str, _is_hostname)
URL = Reader("an http:// or https:// address", str, _is_url)
URLS = Reader("http:// or https:// addresses separated by commas", _parse_list, _each(_is_url))
NETWORKS = Reader("addresses or networks separated by commas, such as 10.0.0.0/8", _parse_list, _each(_is_network))
ADDRESSES = Reader("e-mail addresses separated by commas", _parse_list, _each(_is_address))
