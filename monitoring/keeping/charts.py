"""Lines of charts: values as they are while they are few, beyond that the extremes of equal parts of the span."""

from collections.abc import Collection
from typing import Final

from monitoring.keeping.blocks import HOUR_MS
from monitoring.keeping.buckets import extremes
from monitoring.keeping.frame import Frame
from monitoring.keeping.reading import coarse, fine
from monitoring.kinds import Kind
from monitoring.models import Series
from monitoring.windows import SUMMARIES

_HOURS_FROM_MS: Final = 45 * 60_000
"""Width of a part from which the line is drawn from hours."""

Line = tuple[int, dict[str, str], list[int], list[float]]  # series, tags, times in ms, values


def lines(metric: str, start_ms: int, end_ms: int, most: int, ids: Collection[int] | None = None) -> list[Line]:
    """The metric's series with samples from ``start_ms`` up to and with ``end_ms``, by id: all, or some by their ids.

    Raises WindowTooLarge.
    """
    series = Series.objects.filter(metric__name=metric)
    if ids is not None:
        series = series.filter(id__in=ids)
    about = {
        series_id: (tags, Kind(kind)) for series_id, tags, kind in series.values_list("id", "tags", "metric__kind")
    }
    step_ms = (end_ms - start_ms) // max(most // 2, 1) + 1
    is_coarse = step_ms >= _HOURS_FROM_MS
    read = coarse if is_coarse else fine
    frames = read(series if ids is None else ids, start_ms, end_ms, SUMMARIES)
    return [
        (series_id, about[series_id][0], *_line(frame, start_ms, step_ms, most, about[series_id][1], is_coarse))
        for series_id, frame in sorted(frames.items())
        if series_id in about
    ]


def _line(
    frame: Frame, start_ms: int, step_ms: int, most: int, kind: Kind, is_coarse: bool
) -> tuple[list[int], list[float]]:
    if is_coarse:
        step_ms = max(step_ms, HOUR_MS)
    elif len(frame) <= most:
        return frame.at.tolist(), frame.value.tolist()
    at, values = extremes(frame, start_ms, step_ms, kind)
    return at.tolist(), values.tolist()
