"""Where judging looks things up besides the facts it is given: in the database as it is now, or in what is replayed."""

from collections.abc import Collection
from typing import Protocol

from monitoring import series
from monitoring.health import feed
from monitoring.series import Columns, Fresh, Quiet, Stretch, Subject


class Source(Protocol):
    """What is known at one moment; each method as the function of its name in the read doors."""

    def newest(self, fingerprints: Collection[str]) -> list[tuple[Subject, Fresh]]: ...

    def quiet(self, fingerprints: Collection[str], before_ms: int) -> dict[str, Quiet]: ...

    def usual_step_ms(self, fingerprint: str) -> float: ...

    def stretches(
        self, metrics: Collection[str], start_ms: int, end_ms: int, columns: Columns, joined: Collection[str]
    ) -> list[Stretch]: ...

    def too_large(self, metrics: Collection[str], start_ms: int, end_ms: int) -> dict[str, int]: ...

    def checks(self, names: Collection[str]) -> list[feed.Result]:
        """The latest result of each of these health checks."""


class Stored:
    """The database as it is now."""

    newest = staticmethod(series.newest)
    quiet = staticmethod(series.quiet)
    usual_step_ms = staticmethod(series.usual_step_ms)
    stretches = staticmethod(series.stretches)
    too_large = staticmethod(series.too_large)
    checks = staticmethod(feed.newest)


STORED = Stored()
