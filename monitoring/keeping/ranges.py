"""Series in steps: what each step comes to, and quantiles of each."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from monitoring.keeping.answers import About
from monitoring.keeping.buckets import Range, bucketed, quantiles
from monitoring.keeping.finding import Tags, chosen, exactly, having
from monitoring.keeping.frame import Floats, Frame, Integers
from monitoring.keeping.reading import coarse, fine
from monitoring.keeping.steps import Steps
from monitoring.kinds import Kind
from monitoring.windows import SUMMARIES, TIMINGS, Columns


def ranges(
    metric: str,
    start: datetime,
    end: datetime,
    step: timedelta | None = None,
    tags: Tags | None = None,
) -> list[Range]:
    """The metric's series from ``start`` up to and with ``end`` in steps; by default at most 1 500.

    With ``tags``, the series that have these. Steps of whole hours begin on the clock, with the hour that ``start`` is
    in, and are read from hours; shorter ones from every sample, and from hours where those are past their retention.
    Raises Unanswerable, WindowTooLarge.
    """
    steps = Steps.of(start, end, step)
    about = having(metric, tags)
    return [_range(about[series_id], frame, steps) for series_id, frame in _read(about, steps, SUMMARIES).items()]


def range_of(metric: str, tags: Tags, start: datetime, end: datetime, step: timedelta | None = None) -> Range | None:
    """The one series that has these tags and no others, as in ``ranges``; None when it has no samples there."""
    steps = Steps.of(start, end, step)
    about = exactly(metric, tags)
    found = [_range(about[series_id], frame, steps) for series_id, frame in _read(about, steps, SUMMARIES).items()]
    return found[0] if found else None


def quantile_ranges(
    metric: str, share: float, start: datetime, end: datetime, step: timedelta, tags: Tags | None = None
) -> list[tuple[About, Integers, Floats]]:
    """The quantile of a timing's calls in each step: where steps begin (ms), and the values (seconds).

    Steps as in ``ranges``. Raises Unanswerable, WindowTooLarge.
    """
    steps = Steps.of(start, end, step)
    about = {series_id: one for series_id, one in having(metric, tags).items() if one.kind == Kind.TIMING}
    return [
        (about[series_id], *quantiles(frame, steps.start_ms, steps.step_ms, share))
        for series_id, frame in _read(about, steps, TIMINGS).items()
    ]


def _range(one: About, frame: Frame, steps: Steps) -> Range:
    columns: dict[str, Any] = dict(bucketed(frame, steps.start_ms, steps.step_ms, one.kind))
    return Range(one.series_id, one.metric, one.kind, one.tags, steps.step_ms, **columns)


def _read(about: Mapping[int, About], steps: Steps, columns: Columns) -> dict[int, Frame]:
    frames = (coarse if steps.is_of_hours else fine)(chosen(about), steps.start_ms, steps.end_ms, columns)
    return {series_id: frame for series_id, frame in frames.items() if series_id in about}
