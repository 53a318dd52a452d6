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
    """How a text becomes a value. ``read`` raises ValueError when the text is not ``allowed``."""

    allowed: str
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable. A ``secret`` may also be given as the path of a file, in ``NAME_FILE``."""

    name: str
    field: str
    reader: Reader
    help: str
    secret: bool = False

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


def _value(variable: Variable, text: str) -> Any:
    try:
        return variable.reader.read(text)
    except ValueError as error:
        shown = "(hidden)" if variable.secret else repr(text)
        raise WrongValue(f"{variable.name}={shown}: allowed is {variable.reader.allowed}") from error


def whole(minimum: int, maximum: int) -> Reader:
    def parse(text: str) -> int:
        number = int(text)
        if not minimum <= number <= maximum:
            raise ValueError(text)
        return number

    return Reader(f"a whole number from {minimum} to {maximum}", parse)


def number(minimum: float, maximum: float) -> Reader:
    def parse(text: str) -> float:
        value = float(text)
        if not minimum <= value <= maximum:
            raise ValueError(text)
        return value

    return Reader(f"a number from {minimum:g} to {maximum:g}", parse)


def one_of(*choices: str) -> Reader:
    def parse(text: str) -> str:
        by_folded = {choice.casefold(): choice for choice in choices}
        if text.casefold() not in by_folded:
            raise ValueError(text)
        return by_folded[text.casefold()]

    return Reader("one of " + ", ".join(choices), parse)


def _parse_flag(text: str) -> bool:
    folded = text.casefold()
    if folded not in _FLAGS:
        raise ValueError(text)
    return _FLAGS[folded]


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _parse_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1:
        raise ValueError(text)
    return text


def _parse_networks(text: str) -> tuple[str, ...]:
    return tuple(str(ip_network(part, strict=False)) for part in _parse_list(text))


def _parse_addresses(text: str) -> tuple[str, ...]:
    addresses = _parse_list(text)
    if not all(0 < address.find("@") < len(address) - 1 and not set(address) & set(" \t<>") for address in addresses):
        raise ValueError(text)
    return addresses


def _parse_hostname(text: str) -> str:
    if set(text) & set("/ \t,@") or len(text) > 253:
        raise ValueError(text)
    return text


_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}

FLAG = Reader("true or false", _parse_flag)
TEXT = Reader("any text", str)
LIST = Reader("names separated by commas", _parse_list)
PATH = Reader("a path", lambda text: Path(os.path.expanduser(text)))
PORT = whole(1, 65535)
HOSTNAME = Reader("a host name or address, without scheme or port", _parse_hostname)
URL = Reader("an http:// or https:// address", _parse_url)
URLS = Reader(
    "http:// or https:// addresses separated by commas", lambda text: tuple(_parse_url(u) for u in _parse_list(text))
)
NETWORKS = Reader("addresses or networks separated by commas, such as 10.0.0.0/8", _parse_networks)
ADDRESSES = Reader("e-mail addresses separated by commas", _parse_addresses)
