"""Programs of Debian that some tests need. As root ``scripts/test`` installs them; others skip such tests, loudly."""

import os
import shutil
from collections.abc import Iterable

import pytest

PROGRAMS = ("chromium", "nginx", "prometheus")
NOT_INSTALLED = "not installed: "


def program(name: str) -> str | None:
    """Where ``name`` is, also in the directories of administrators' programs, that users have not on PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")


def require(marks: Iterable[pytest.Mark]) -> None:
    """Skips the test when a user lacks a program of its ``debian`` marks; fails it for root, who can install it."""
    wanted = {name for mark in marks for name in mark.args or PROGRAMS}
    missing = sorted(name for name in wanted if program(name) is None)
    if missing and os.geteuid() == 0:
        pytest.fail(f"{NOT_INSTALLED}{', '.join(missing)}; scripts/test installs it", pytrace=False)
    if missing:
        pytest.skip(f"{NOT_INSTALLED}{', '.join(missing)}")


def summary(skipped: Iterable[pytest.TestReport]) -> str | None:
    """One line that says how many tests did not run for want of a program, or None."""
    reasons = [str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)]
    count = sum(NOT_INSTALLED in reason for reason in reasons)
    return f"{count} tests did NOT run, as Debian's programs for them are missing; see SKIPPED above" if count else None
