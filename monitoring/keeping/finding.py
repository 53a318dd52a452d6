"""Which series a question is about: those of a metric that have some tags, exactly one, or those of some words."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any, Final

from django.db import connection

from monitoring.keeping.answers import About
from monitoring.keeping.pieces import Chosen
from monitoring.kinds import Kind
from monitoring.models import Series
from monitoring.samples import fingerprint, sorted_tags

Tags = Mapping[str, str]
_MOST_IDS: Final = 300

# In SQL, since composing it costs as much as reading a day of the series.
_EXACT: Final = """
    SELECT series.id, metric.kind FROM ahgd_monitoring_series AS series
    JOIN ahgd_monitoring_metric AS metric ON metric.id = series.metric_id WHERE series.fingerprint = %s
"""
_ABOUT: Final = ("id", "metric__name", "metric__kind", "tags")


def having(metric: str, tags: Tags | None) -> dict[int, About]:
    """Series of the metric that have these tags, and maybe others, by id."""
    rows = Series.objects.filter(metric__name=metric).order_by("id").values_list(*_ABOUT)
    every = map(_about, rows)
    return {one.series_id: one for one in every if not tags or tags.items() <= one.tags.items()}


def exactly(metric: str, tags: Tags) -> dict[int, About]:
    """The series that has these tags and no others, by its id, if there is one: a read of one row."""
    with connection.cursor() as cursor:
        cursor.execute(_EXACT, [fingerprint(metric, sorted_tags(tags))])
        return {row[0]: About(row[0], metric, Kind(row[1]), dict(tags)) for row in cursor.fetchall()}


def chosen(about: Mapping[int, About]) -> Chosen:
    """These series; past some hundred, all of their metric, since a statement takes a limited number of parameters."""
    if len(about) <= _MOST_IDS:
        return about
    return Series.objects.filter(metric__name__in={one.metric for one in about.values()})


def search(text: str, most: int = 50) -> list[About]:
    """Series whose metric, help or tags have all words of ``text``, in any case; those heard of last come first."""
    words = text.casefold().split()
    rows = Series.objects.order_by("-last_at", "id").values_list(*_ABOUT, "metric__help")
    found = (row for row in rows.iterator(chunk_size=2000) if _has_words(words, row))
    return [_about(row) for row in islice(found, most)]


def _has_words(words: Iterable[str], row: tuple[Any, ...]) -> bool:
    """In Python, since databases know the case of other letters than ASCII each in their own way."""
    _, name, _, tags, about = row
    text = " ".join((name, about, *(f"{key}={value}" for key, value in tags.items()))).casefold()
    return all(word in text for word in words)


def _about(row: tuple[Any, ...]) -> About:
    return About(row[0], row[1], Kind(row[2]), row[3])
