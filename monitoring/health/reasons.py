"""Why something failed, in one line without secrets: health messages are stored, and shown to people and machines."""

import dataclasses
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_LONGEST = 300
_SHORTEST_SECRET = 4
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@]+(?=@)")
_ASSIGNED = re.compile(
    r"(?i)\b((?:\w*password|passwd|\w*secret|\w*token|api_?key)\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s,;&]+)"
)


def reason(error: BaseException) -> str:
    """The error's kind and the first line of its text, at most 300 characters."""
    kind = type(error).__name__
    lines = str(error).strip().splitlines()
    return without_secrets(f"{kind}: {lines[0]}" if lines else kind)[:_LONGEST]


def without_secrets(text: str) -> str:
    """``text`` with every secret of the settings, credentials in addresses and ``password=...`` masked."""
    for secret in sorted(set(_secrets()), key=len, reverse=True):
        text = text.replace(secret, "***")
    return _ASSIGNED.sub(r"\1***", _IN_ADDRESS.sub("***", text))


def _secrets() -> Iterator[str]:
    """What the settings keep out of sight: passwords, keys, and the configuration's fields without a ``repr``."""
    values: list[Any] = [settings.EMAIL_HOST_PASSWORD]
    with suppress(ImproperlyConfigured):  # a program that only records has no key, and Django refuses to say so
        values.append(settings.SECRET_KEY)
    values += [database.get("PASSWORD") for database in settings.DATABASES.values()]
    values += [getattr(settings.CONFIG, item.name) for item in dataclasses.fields(settings.CONFIG) if not item.repr]
    for value in values:
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, str) and len(part) >= _SHORTEST_SECRET:
                yield part
