"""A condition as a tree of our own: what is left once the text has been checked.

Every node knows where it stands in the text (``span``, offsets of characters) and what type it gives. Nothing of
Python's ``ast`` survives into it, so whatever walks the tree can only meet what is listed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from alerts.conditions.facts import Subject
from alerts.conditions.values import Value
from alerts.conditions.vocabulary import ValueType
from alerts.conditions.windows import WindowRead

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Node:
    span: Span
    type: ValueType

    def children(self) -> tuple["Node", ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a text, True, False, or None (unknown)."""

    value: Value


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """A list, tuple or set of literals."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Fact(Node):
    """A fact by name, for the subjects it is asked of: both, or the one in ``metric.`` or ``health_check.``."""

    name: str
    subjects: frozenset[Subject]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """``tags['x']``, ``metadata['x']``, or ``.get('x')`` with an optional default."""

    of: Fact
    key: str
    default: Node | None = None

    def children(self) -> tuple[Node, ...]:
        return (self.of,) if self.default is None else (self.of, self.default)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function, a method (its text first), an index or a slice: ``operator`` names the bounded operator."""

    operator: str
    arguments: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True)
class Window(Node):
    """A window function; ``tells_absence`` asks whether the window is empty."""

    question: WindowRead
    tells_absence: bool


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """A chain: operands and, between them, one symbol less."""

    operands: tuple[Node, ...]
    symbols: tuple[str, ...]

    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class IsMissing(Node):
    """``x is None``: never unknown itself."""

    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """Two or more operands joined by ``and`` or by ``or``."""

    joint: OneOf["and", "or"]
    operands: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Not(Node):
    operand: Node

    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """``then if test else otherwise``; unknown when the test is."""

    test: Node
    then: Node
    otherwise: Node

    def children(self) -> tuple[Node, ...]:
        return (self.test, self.then, self.otherwise)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in node.children():
        yield from walk(child)
