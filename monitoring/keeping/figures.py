"""Figures of whole spans: one of each series, the highest of them, and beside those of an earlier span."""

from datetime import datetime, timedelta

from monitoring.clock import to_ms
from monitoring.keeping.answers import Answer, Comparison
from monitoring.keeping.finding import Tags, chosen, having
from monitoring.keeping.functions import QUANTILE, Asked, figure, needs_samples, refuse_unless_answerable
from monitoring.keeping.reading import figures, fine
from monitoring.windows import SUMMARIES, TIMINGS


def window(
    function: str, metric: str, start: datetime, end: datetime, tags: Tags | None = None, share: float = 0.95
) -> list[Answer]:
    """One figure of each series over the span: ``avg min max sum count last rate increase quantile``.

    ``share`` is for quantile. That of a timing is of all its calls; that of others is of its samples. Of spans of
    twelve hours and more, what hours know comes from hours. Raises Unanswerable, UnknownFunction, WindowTooLarge.
    """
    seconds = (end - start).total_seconds()
    refuse_unless_answerable(function, seconds, share)
    about = having(metric, tags)
    kind = next((one.kind for one in about.values()), None)  # that of the metric
    if kind is None:
        return []
    read = fine if needs_samples(function, kind) else figures
    frames = read(chosen(about), to_ms(start), to_ms(end), TIMINGS if function == QUANTILE else SUMMARIES)
    asked = Asked(kind, seconds, share)
    return [Answer(one, figure(function, frames[key], asked)) for key, one in about.items() if key in frames]


def top(
    function: str,
    metric: str,
    start: datetime,
    end: datetime,
    most: int = 10,
    tags: Tags | None = None,
    share: float = 0.95,
) -> list[Answer]:
    """The series with the highest answers of ``window``, highest first."""
    found = window(function, metric, start, end, tags, share)
    return sorted(found, key=lambda answer: (-answer.value, answer.about.series_id))[:most]


def compare(
    function: str,
    metric: str,
    start: datetime,
    end: datetime,
    earlier_by: timedelta,
    tags: Tags | None = None,
    share: float = 0.95,
) -> list[Comparison]:
    """Answers of ``window`` beside those of the same span ``earlier_by`` ago, such as a week."""
    now, then = (
        {answer.about.series_id: answer for answer in window(function, metric, first, last, tags, share)}
        for first, last in ((start, end), (start - earlier_by, end - earlier_by))
    )
    about = {series_id: answer.about for series_id, answer in (then | now).items()}
    return [
        Comparison(one, now[key].value if key in now else None, then[key].value if key in then else None)
        for key, one in sorted(about.items())
    ]
