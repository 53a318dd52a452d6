"""Answers window functions from stored snapshots: each span of time is read once per cycle for all rules that ask.

The window ends at the cycle's time and is open at its start, as in Prometheus 3.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.aggregates import AGGREGATES, JOINING, SUMMARISING, Pool
from alerts.conditions import Facts, WindowRead
from alerts.sources import STORED, Source
from monitoring import series
from monitoring.series import Stretch

Tags = frozenset[tuple[str, str]]
Span = tuple[int, int]  # window and offset, in seconds


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a span is read: the values of these metrics, and with ``summaries`` what snapshots of many sum up.

    Of timings that are not ``apart`` the snapshots of a series are read as one.
    """

    metrics: frozenset[str] = frozenset()
    summaries: bool = False
    apart: frozenset[str] = frozenset()

    def covers(self, question: WindowRead) -> bool:
        return self == self.widened(question)

    def widened(self, question: WindowRead) -> "Scope":
        one = frozenset({question.metric})
        return Scope(
            self.metrics | one,
            self.summaries or question.function in SUMMARISING,
            self.apart if question.function in JOINING else self.apart | one,
        )

    @property
    def columns(self) -> series.Columns:
        return series.SUMMARIES if self.summaries else series.VALUES


@dataclass(slots=True)
class Windows:
    """The reader of one cycle, at ``now_ms``; ``asked`` is everything that any rule may ask in it."""

    now_ms: int
    asked: Mapping[Span, Scope] = field(default_factory=dict)
    source: Source = STORED
    _read: dict[Span, tuple[Scope, dict[str, "Bundle"]]] = field(default_factory=dict, init=False)
    _too_large: dict[Span, dict[str, int]] = field(default_factory=dict, init=False)
    """By span the metrics that are left out of what is read, with their number of snapshots."""
    _answers: dict[object, float | None] = field(default_factory=dict, init=False)

    def read(self, question: WindowRead, facts: Facts) -> float | None:
        """The answer, or None for an empty window. Raises series.WindowTooLarge, which breaks the condition."""
        bundle = self._bundle(question)
        if bundle is None:
            return None
        chosen = bundle.chosen(question, facts)
        if not chosen:
            return None
        is_all = len(chosen) == len(bundle.stretches)
        key = question, () if is_all else tuple(stretch.series_id for stretch in chosen)
        if key not in self._answers:
            start_ms, end_ms = self._bounds((question.window_seconds, question.offset_seconds))
            self._answers[key] = AGGREGATES[question.function](question, Pool(chosen, start_ms, end_ms))
        return self._answers[key]

    def chosen(self, question: WindowRead, facts: Facts) -> Sequence[Stretch]:
        """What the answer is computed from: the series, each with its snapshots in the window."""
        bundle = self._bundle(question)
        return () if bundle is None else bundle.chosen(question, facts)

    def _bundle(self, question: WindowRead) -> "Bundle | None":
        span = question.window_seconds, question.offset_seconds
        scope, bundles = self._read.get(span, (Scope(), {}))
        if not scope.covers(question):
            scope = self.asked.get(span, scope)
            scope = scope if scope.covers(question) else scope.widened(question)
            bundles = _bundles(self._stretches(span, scope))
            self._read[span] = scope, bundles
        size = self._too_large.get(span, {}).get(question.metric)
        if size is not None:
            raise series.WindowTooLarge(
                f"{question.metric} has {size:,} snapshots in the window, which is too much; shorten the window"
            )
        return bundles.get(question.metric)

    def _stretches(self, span: Span, scope: Scope) -> list[Stretch]:
        """Without the metrics that are too large, so that only the rules that ask for these break."""
        bounds, joined = self._bounds(span), scope.metrics - scope.apart
        try:
            return self.source.stretches(scope.metrics, *bounds, scope.columns, joined)
        except series.WindowTooLarge:
            self._too_large[span] = self.source.too_large(scope.metrics, *bounds)
            return self.source.stretches(scope.metrics - self._too_large[span].keys(), *bounds, scope.columns, joined)

    def _bounds(self, span: Span) -> tuple[int, int]:
        window_seconds, offset_seconds = span
        end_ms = self.now_ms - offset_seconds * 1000
        return end_ms - window_seconds * 1000, end_ms


@dataclass(slots=True)
class Bundle:
    """The series of one metric in a span, and which of them a question is about."""

    stretches: list[Stretch] = field(default_factory=list)
    _by_tags: dict[Tags, Stretch] = field(default_factory=dict, init=False)

    def chosen(self, question: WindowRead, facts: Facts) -> Sequence[Stretch]:
        """The subject's own series where it is of this metric, otherwise those that agree on the tags both have.

        Tags in the call restrict both; where they lead away from the subject they replace its own.
        """
        asked, own = dict(question.tags), facts.tags or {}
        if facts.name == question.metric and not facts.is_health and asked.items() <= own.items():
            mine = self._own(frozenset(own.items()))
            return () if mine is None else (mine,)
        wanted = {**own, **asked}
        if not wanted:
            return self.stretches
        return [one for one in self.stretches if asked.items() <= one.tags.items() and _agree(wanted, one.tags)]

    def _own(self, tags: Tags) -> Stretch | None:
        if not self._by_tags:
            self._by_tags = {frozenset(one.tags.items()): one for one in self.stretches}
        return self._by_tags.get(tags)


def spans_of(questions: Iterable[WindowRead]) -> dict[Span, Scope]:
    """What is asked for over each span, for reading every span once."""
    metrics: dict[Span, set[str]] = {}
    apart: dict[Span, set[str]] = {}
    summarised: set[Span] = set()
    for question in questions:
        span = question.window_seconds, question.offset_seconds
        metrics.setdefault(span, set()).add(question.metric)
        if question.function not in JOINING:
            apart.setdefault(span, set()).add(question.metric)
        if question.function in SUMMARISING:
            summarised.add(span)
    return {
        span: Scope(frozenset(names), span in summarised, frozenset(apart.get(span, ())))
        for span, names in metrics.items()
    }


def _bundles(stretches: Iterable[Stretch]) -> dict[str, Bundle]:
    bundles: dict[str, Bundle] = {}
    for stretch in stretches:
        bundles.setdefault(stretch.metric, Bundle()).stretches.append(stretch)
    return bundles


def _agree(wanted: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    return all(tags.get(tag, value) == value for tag, value in wanted.items())
