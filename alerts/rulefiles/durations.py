"""Spans of time as files write them: ``90s``, ``5m``, ``1h30m``, ``7d``."""

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

PATTERN = r"^(0s|([1-9][0-9]{0,8}d)?([1-9][0-9]{0,8}h)?([1-9][0-9]{0,8}m)?([1-9][0-9]{0,8}s)?)$"
_PARTS = re.compile(r"([1-9][0-9]{0,8})([dhms])", re.ASCII)
_WHOLE = re.compile(PATTERN, re.ASCII)
_UNIT_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def seconds_of(text: object) -> int:
    """Seconds in ``1h30m``, the largest unit first. Raises ValueError for what is no such span."""
    if not isinstance(text, str) or not text or _WHOLE.fullmatch(text) is None:
        raise ValueError("write a span such as 90s, 5m, 1h30m or 7d")
    return sum(int(number) * _UNIT_SECONDS[unit] for number, unit in _PARTS.findall(text))


def text_of(seconds: int) -> str:
    """The one way we write a span: in the largest unit that divides it."""
    unit = next(unit for unit, size in _UNIT_SECONDS.items() if seconds % size == 0 and (seconds or unit == "s"))
    return f"{seconds // _UNIT_SECONDS[unit]}{unit}"


def _minutes_of(text: object) -> int:
    minutes, rest = divmod(seconds_of(text), 60)
    if rest:
        raise ValueError("write whole minutes, such as 15m or 4h")
    return minutes


def _text_of_minutes(minutes: int) -> str:
    return text_of(minutes * 60)


_SCHEMA = WithJsonSchema({"type": "string", "pattern": PATTERN, "minLength": 2, "examples": ["90s", "5m", "1h30m"]})

Seconds = Annotated[int, BeforeValidator(seconds_of), PlainSerializer(text_of, return_type=str), _SCHEMA]
Minutes = Annotated[int, BeforeValidator(_minutes_of), PlainSerializer(_text_of_minutes, return_type=str), _SCHEMA]
