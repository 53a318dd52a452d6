"""A condition that has been accepted: what it says on given facts, and what it is about."""

from dataclasses import dataclass
from functools import cached_property

from alerts.conditions.compiling import Judge, compile_judge
from alerts.conditions.reading import read_condition
from alerts.conditions.selectors import Selector, selector_of
from alerts.conditions.thresholds import Threshold, threshold_of
from alerts.conditions.tree import Fact, Node, Window, walk
from alerts.conditions.windows import WindowRead


@dataclass(frozen=True, eq=False)
class Condition:
    """Made by ``parse``; safe to share between threads. What derives from it is computed once, when first asked for."""

    text: str
    tree: Node

    @cached_property
    def verdict(self) -> Judge:
        """``condition.verdict(facts)``: whether the condition holds on these facts, as a Truth.

        Raises ConditionBroken, with the reason, when it cannot be computed: a division by zero, wrong types, an index
        or a number or text past its bounds, NaN or infinity. Costs bounded time and memory.
        """
        return compile_judge(self.tree)

    @cached_property
    def selector(self) -> Selector:
        """Which subjects the condition can be true on."""
        return selector_of(self.tree)

    @cached_property
    def threshold(self) -> Threshold | None:
        """The one number that ``value`` is compared with, if there is one."""
        return threshold_of(self.tree)

    @cached_property
    def facts(self) -> frozenset[str]:
        """The names of the facts it uses; empty when it is about the past only and is judged once per cycle."""
        return frozenset(node.name for node in walk(self.tree) if isinstance(node, Fact))

    @cached_property
    def questions(self) -> tuple[WindowRead, ...]:
        """What it asks of the past, for checking metrics against the catalogue and for reading ahead."""
        return tuple(dict.fromkeys(node.question for node in walk(self.tree) if isinstance(node, Window)))


def parse(text: str) -> Condition:
    """The condition a text stands for.

    Raises ConditionRefused, with the position of what is wrong and what is allowed instead, and nothing else.
    """
    return Condition(text, read_condition(text))
