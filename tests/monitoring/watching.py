"""A watch that each test begins anew with, as the console's remembers its last look for a second."""

from datetime import datetime

import pytest

from monitoring.health import watch
from monitoring.health.status import Finding, Overall, Result
from monitoring.health.watch import Watch
from monitoring.models import Status


def set_watch(monkeypatch: pytest.MonkeyPatch, own: Watch) -> None:
    monkeypatch.setattr(watch, "_watch", own)


def told(*results: Result) -> Watch:
    """A watch that sees these results, without a database."""
    return Watch(lambda now: Overall(results, now))


def result(name: str, status: Status, at: datetime, *, blocks_readiness: bool = False) -> Result:
    return Result(name, Finding(status, "so it is", {}, blocks_readiness), 12.5, at)
