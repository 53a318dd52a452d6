"""Conditions and facts made at random, always valid, seldom sensible."""

from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from alerts.conditions import Facts, health_facts, metric_facts

WORDS = ["", "a", "ab", "cpu", "cpu_usage", "prod", "7", "nan"]
KEYS = ["env", "n", "flag", "rack"]

words = st.sampled_from(WORDS)
numbers = st.one_of(
    st.sampled_from([0.0, 1.0, -1.0, 7.0, 0.5, 1e300, float("nan"), float("inf")]),
    st.floats(-100, 100).map(lambda number: round(number, 1)),
)
entries = st.one_of(st.none(), words, st.integers(-9, 9), numbers, st.booleans(), st.just([1]))
_metadata = st.dictionaries(st.sampled_from(KEYS), entries)

metric_subjects = st.builds(
    metric_facts,
    name=words,
    value=numbers,
    category=st.none() | words,
    tags=st.dictionaries(st.sampled_from(KEYS), words),
    metadata=_metadata,
    timestamp=st.just(1.76e9),
)
health_subjects = st.builds(
    health_facts,
    name=words,
    status=st.sampled_from(["healthy", "critical"]),
    message=st.none() | words,
    duration_ms=st.none() | numbers,
    metadata=_metadata,
    timestamp=st.just(1.76e9),
)
subjects: SearchStrategy[Facts] = metric_subjects | health_subjects

ARITHMETIC = ["+", "-", "*", "/", "//", "%", "**"]


class Author:
    """Writes expressions of each type, one draw at a time; ``depth`` is how much deeper it may go."""

    def __init__(self, draw: DrawFn) -> None:
        self._draw = draw

    def word(self, *words: str) -> str:
        return self._draw(st.sampled_from(words))

    def one_of(self, *writers: Callable[[], str]) -> str:
        """What one of them writes; the others draw nothing."""
        return self._draw(st.sampled_from(writers))()

    def key(self) -> str:
        return repr(self.word(*KEYS))

    def literal(self) -> str:
        return repr(self.word(*WORDS))

    def figure(self) -> str:
        return self.word("0", "1", "2.5", "7", "1e299", "-3")

    def open(self) -> str:
        """An entry of metadata: anything at all, known only when judged."""
        return self.one_of(
            lambda: f"metadata[{self.key()}]",
            lambda: f"metadata.get({self.key()})",
            lambda: f"metadata.get({self.key()}, {self.one_of(self.figure, self.literal)})",
        )

    def scalar(self, depth: int) -> str:
        return self.one_of(lambda: self.number(depth), lambda: self.text(depth))

    def number_or_figure(self, depth: int) -> str:
        return self.one_of(self.figure, lambda: self.number(depth))

    def text_or_literal(self, depth: int) -> str:
        return self.one_of(self.literal, lambda: self.text(depth))

    def number(self, depth: int) -> str:
        if depth == 0:
            return self.one_of(
                lambda: self.word("value", "duration_ms", "metric.value", "health_check.duration_ms"),
                lambda: self.word("len(name)", "len(tags)", "name.count('a')", "status.count('i')"),
                lambda: f"float(tags[{self.key()}])",
                self.open,
            )
        smaller = depth - 1
        return self.one_of(
            lambda: self.number(smaller),
            lambda: f"({self.number(smaller)} {self.word(*ARITHMETIC)} {self.number_or_figure(smaller)})",
            lambda: f"({self.number(smaller)} if {self.truth(smaller)} else {self.number_or_figure(smaller)})",
            lambda: f"{self.word('min', 'max')}({self.number(smaller)}, {self.number_or_figure(smaller)})",
            lambda: f"{self.word('abs', 'int', 'float', 'round', '-', '+')}({self.number(smaller)})",
            lambda: f"round({self.number(smaller)}, {self.word('0', '2', '-1')})",
            lambda: f"int({self.text(smaller)})",
        )

    def text(self, depth: int) -> str:
        if depth == 0:
            return self.one_of(
                lambda: self.word("name", "category", "status", "message", "metric.name", "health_check.status"),
                lambda: f"tags[{self.key()}]",
                lambda: f"tags.get({self.key()}, {self.literal()})",
                self.open,
            )
        smaller = depth - 1
        return self.one_of(
            lambda: self.text(smaller),
            lambda: f"({self.text(smaller)} + {self.text_or_literal(smaller)})",
            lambda: f"({self.text(smaller)} if {self.truth(smaller)} else {self.literal()})",
            lambda: f"{self.text(smaller)}.{self.word('lower', 'upper', 'strip')}()",
            lambda: f"{self.text(smaller)}.replace({self.literal()}, {self.literal()})",
            lambda: f"{self.text(smaller)}[{self.word('0', '-1', '1:', ':2', '1:-1')}]",
            lambda: f"str({self.scalar(smaller)})",
        )

    def truth(self, depth: int) -> str:
        if depth == 0:
            return self.one_of(self._compared, self._membership, self._said)
        smaller = depth - 1
        return self.one_of(
            lambda: f"({self.truth(smaller)} and {self.truth(smaller)})",
            lambda: f"({self.truth(smaller)} or {self.truth(smaller)})",
            lambda: f"({self.truth(smaller)} and {self.truth(smaller)} and {self.truth(smaller)})",
            lambda: f"({self.truth(smaller)} or {self.truth(smaller)} and {self.truth(smaller)})",
            lambda: f"(not {self.truth(smaller)})",
            lambda: f"({self.truth(smaller)} if {self.truth(smaller)} else {self.truth(smaller)})",
            lambda: f"({self.truth(smaller)} == {self.truth(smaller)})",
        )

    def _order(self) -> str:
        return self.word("<", "<=", ">", ">=", "==", "!=")

    def _compared(self) -> str:
        return self.one_of(
            lambda: f"(name {self.word('==', '!=')} {self.literal()})",
            lambda: f"({self.number(1)} {self._order()} {self.number_or_figure(1)})",
            lambda: f"({self.text(1)} {self._order()} {self.text_or_literal(1)})",
            lambda: " ".join(
                [self.number_or_figure(1), self._order(), self.number(1), self._order(), self.number_or_figure(0)]
            ).join("()"),
            lambda: f"({self.number(0)} {self._order()} {self.figure()} {self._order()} {self.number(0)})",
        )

    def _membership(self) -> str:
        member = self.word("in", "not in")
        return self.one_of(
            lambda: f"(name {member} [{self.literal()}, {self.literal()}])",
            lambda: f"({self.text(1)} {member} ({self.literal()}, {self.literal()}))",
            lambda: f"({self.number(1)} {member} [0, 1, 7])",
            lambda: f"({self.text(1)} {member} {self.text_or_literal(1)})",
            lambda: f"({self.key()} {member} {self.word('tags', 'metadata')})",
        )

    def _said(self) -> str:
        return self.one_of(
            lambda: f"name.startswith(({self.literal()}, {self.literal()}))",
            lambda: f"{self.text(1)}.{self.word('startswith', 'endswith')}({self.literal()})",
            lambda: f"({self.scalar(1)} is {self.word('', 'not ')}None)",
            lambda: f"bool({self.scalar(1)})",
            lambda: f"({self.word('health_check', 'not health_check')} and {self.open()})",
            lambda: f"(not {self.open()})",
        )


@st.composite
def conditions(draw: DrawFn) -> str:
    """A valid condition, mostly about facts that some subject lacks."""
    return Author(draw).truth(draw(st.integers(0, 2)))
