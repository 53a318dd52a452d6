"""The line a chart draws for a condition."""

import enum
from dataclasses import dataclass, field
from typing import Final

from alerts.conditions.tree import Comparison, Fact, Literal, Node, Not, walk


class Direction(enum.Enum):
    """On which side of the line the condition is true."""

    ABOVE = "above"
    BELOW = "below"


@dataclass(frozen=True)
class Threshold:
    """``value`` is in the unit of the metric; ``span`` is where it stands in the text, with its sign."""

    value: float
    direction: Direction
    span: tuple[int, int] = field(default=(0, 0), compare=False)


_DIRECTIONS: Final = {">": Direction.ABOVE, ">=": Direction.ABOVE, "<": Direction.BELOW, "<=": Direction.BELOW}
_OPPOSITE: Final = {Direction.ABOVE: Direction.BELOW, Direction.BELOW: Direction.ABOVE}


def threshold_of(tree: Node) -> Threshold | None:
    """The limit on ``value``, when the condition uses it in one place only and compares it there with a number."""
    if sum(isinstance(node, Fact) and node.name == "value" for node in walk(tree)) != 1:
        return None
    return _in(tree, upright=True)


def _in(node: Node, *, upright: bool) -> Threshold | None:
    """Looks for the comparison; ``upright`` is false under an odd number of ``not``."""
    if isinstance(node, Comparison):
        return _of_comparison(node, upright)
    below = (_in(child, upright=upright != isinstance(node, Not)) for child in node.children())
    return next((found for found in below if found is not None), None)


def _of_comparison(node: Comparison, upright: bool) -> Threshold | None:
    if len(node.symbols) != 1 or (direction := _DIRECTIONS.get(node.symbols[0])) is None:
        return None
    left, right = node.operands
    if isinstance(left, Literal):
        left, right, direction = right, left, _OPPOSITE[direction]
    if not (isinstance(left, Fact) and left.name == "value"):
        return None
    if not (isinstance(right, Literal) and isinstance(right.value, (int, float))):
        return None
    return Threshold(float(right.value), direction if upright else _OPPOSITE[direction], right.span)
