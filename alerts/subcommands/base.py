"""What each subcommand of ``manage.py rules`` is, and what they share."""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import CommandError

from alerts.rulefiles.reading import FileRefused, Read, read

Write = Callable[[str], object]


class Subcommand(Protocol):
    """``run`` raises CommandError, which says what to do and makes the exit code 1."""

    name: str
    help: str

    def arguments(self, parser: ArgumentParser) -> None: ...

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None: ...


def text_of(path: str) -> str:
    """What a file says; ``-`` is the standard input. Raises CommandError."""
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is no UTF-8 text.") from error


def rules_of(path: str) -> Read:
    """The rules of a file. Raises CommandError with every fault and its line."""
    try:
        return read(text_of(path))
    except FileRefused as refused:
        faults = [f"{path}:{fault.line or 1}: {fault}" for fault in refused.faults]
        raise CommandError("\n".join(faults)) from refused
