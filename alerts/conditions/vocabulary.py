"""The words of the language, as data: facts, methods and functions. A new one is a line here."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerts.conditions.facts import Subject
from alerts.conditions.operators import comparisons, numbers, texts
from alerts.conditions.operators.strictness import Operator


class ValueType(enum.Enum):
    """What an expression can be, known when the condition is saved. ANY is an entry of metadata."""

    NUMBER = "a number"
    TEXT = "a text"
    BOOLEAN = "a truth value"
    ANY = "any value"
    TAGS = "a set of tags"
    METADATA = "a set of metadata"
    LIST = "a list"
    NOTHING = "None"


Accepts = frozenset[ValueType]

# A truth value counts as 0 or 1, as in Python.
NUMBERS: Final[Accepts] = frozenset({ValueType.NUMBER, ValueType.BOOLEAN, ValueType.ANY})
TEXTS: Final[Accepts] = frozenset({ValueType.TEXT, ValueType.ANY})
BOOLEANS: Final[Accepts] = frozenset({ValueType.BOOLEAN, ValueType.ANY})
SCALARS: Final[Accepts] = NUMBERS | TEXTS
MAPPINGS: Final[Accepts] = frozenset({ValueType.TAGS, ValueType.METADATA})
PATTERNS: Final[Accepts] = TEXTS | {ValueType.LIST}
MEASURABLE: Final[Accepts] = TEXTS | MAPPINGS | {ValueType.LIST}


class Presence(enum.Enum):
    """Whether a subject has a fact: what it never has is unknown without looking."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    NEVER = "never"


@dataclass(frozen=True)
class FactRule:
    type: ValueType
    on_metric: Presence
    on_health: Presence

    def presence(self, subject: Subject) -> Presence:
        return self.on_metric if subject is Subject.METRIC else self.on_health

    @property
    def is_common(self) -> bool:
        """Whether it is there on every subject."""
        return self.on_metric is self.on_health is Presence.ALWAYS


HEALTH_CHECK: Final = "health_check"
METRIC: Final = "metric"

FACTS: Final[Mapping[str, FactRule]] = {
    "name": FactRule(ValueType.TEXT, Presence.ALWAYS, Presence.ALWAYS),
    "value": FactRule(ValueType.NUMBER, Presence.ALWAYS, Presence.ALWAYS),
    "timestamp": FactRule(ValueType.NUMBER, Presence.ALWAYS, Presence.ALWAYS),
    "metadata": FactRule(ValueType.METADATA, Presence.ALWAYS, Presence.ALWAYS),
    "category": FactRule(ValueType.TEXT, Presence.SOMETIMES, Presence.NEVER),
    "tags": FactRule(ValueType.TAGS, Presence.ALWAYS, Presence.NEVER),
    "status": FactRule(ValueType.TEXT, Presence.NEVER, Presence.ALWAYS),
    "message": FactRule(ValueType.TEXT, Presence.NEVER, Presence.SOMETIMES),
    "duration_ms": FactRule(ValueType.NUMBER, Presence.NEVER, Presence.SOMETIMES),
    HEALTH_CHECK: FactRule(ValueType.BOOLEAN, Presence.ALWAYS, Presence.ALWAYS),
}

# `metric.value` is the value of a metric and unknown on a health check; `health_check.status` the other way round.
NAMESPACES: Final[Mapping[str, Subject]] = {METRIC: Subject.METRIC, HEALTH_CHECK: Subject.HEALTH}


def facts_of(subject: Subject) -> frozenset[str]:
    """The facts this subject may have, as written after ``metric.`` and ``health_check.``."""
    return frozenset(
        name for name, rule in FACTS.items() if rule.presence(subject) is not Presence.NEVER and name != HEALTH_CHECK
    )


@dataclass(frozen=True)
class Signature:
    """What a function or method takes: ``takes`` and then up to ``may_take``, or more of the last when it ``repeats``.

    ``run`` checks and bounds; ``direct``, where there is one, may replace it when all arguments are known to be texts.
    """

    takes: tuple[Accepts, ...]
    gives: ValueType
    run: Operator
    may_take: tuple[Accepts, ...] = ()
    repeats: bool = False
    direct: Operator | None = None


FUNCTIONS: Final[Mapping[str, Signature]] = {
    "abs": Signature((NUMBERS,), ValueType.NUMBER, numbers.absolute),
    "min": Signature((NUMBERS, NUMBERS), ValueType.NUMBER, numbers.smallest, repeats=True),
    "max": Signature((NUMBERS, NUMBERS), ValueType.NUMBER, numbers.largest, repeats=True),
    "len": Signature((MEASURABLE,), ValueType.NUMBER, texts.length),
    "int": Signature((SCALARS,), ValueType.NUMBER, numbers.whole),
    "float": Signature((SCALARS,), ValueType.NUMBER, numbers.fraction),
    "str": Signature((SCALARS,), ValueType.TEXT, texts.written),
    "bool": Signature((SCALARS,), ValueType.BOOLEAN, comparisons.truth_of),
    "round": Signature((NUMBERS,), ValueType.NUMBER, numbers.rounded, may_take=(NUMBERS,)),
}

# The first argument of a method is the text it stands on.
METHODS: Final[Mapping[str, Signature]] = {
    "startswith": Signature((TEXTS, PATTERNS), ValueType.BOOLEAN, texts.starts, direct=str.startswith),
    "endswith": Signature((TEXTS, PATTERNS), ValueType.BOOLEAN, texts.ends, direct=str.endswith),
    "lower": Signature((TEXTS,), ValueType.TEXT, texts.lower),
    "upper": Signature((TEXTS,), ValueType.TEXT, texts.upper),
    "strip": Signature((TEXTS,), ValueType.TEXT, texts.strip, may_take=(TEXTS,)),
    "count": Signature((TEXTS, TEXTS), ValueType.NUMBER, texts.count, direct=str.count),
    "replace": Signature((TEXTS, TEXTS, TEXTS), ValueType.TEXT, texts.replaced),
}

GET: Final = "get"  # the one method of tags and metadata

ARITHMETIC: Final[Mapping[str, Signature]] = {
    symbol: Signature((NUMBERS, NUMBERS), ValueType.NUMBER, run) for symbol, run in numbers.ARITHMETIC.items()
}
SIGNS: Final[Mapping[str, Signature]] = {
    sign: Signature((NUMBERS,), ValueType.NUMBER, run) for sign, run in numbers.SIGNS.items()
}
INDEX: Final = Signature((TEXTS, NUMBERS), ValueType.TEXT, texts.character)
SLICE: Final = Signature((TEXTS, NUMBERS, NUMBERS), ValueType.TEXT, texts.part)

# All that can be the operator of a `Call` in the tree.
OPERATORS: Final[Mapping[str, Signature]] = {
    **FUNCTIONS,
    **METHODS,
    **ARITHMETIC,
    **SIGNS,
    "character": INDEX,
    "part": SLICE,
}
