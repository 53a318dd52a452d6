"""What conditions have in common: thousands of rules differ only in the names and numbers they are written with.

The outline of a tree is everything but these, so that a function is compiled once for each outline and handed the
constants of its rule. It is quicker to make, and quicker to run: what every rule runs stays in the processor's cache.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from alerts.conditions.tree import Call, Comparison, Entry, Fact, ListOf, Literal, Logic, Node, Window

Constant = tuple[Node, Any]

_PARTICULARS: Final[Mapping[type[Node], Callable[[Any], Hashable]]] = {
    Literal: lambda node: node.value is None,
    Fact: lambda node: (node.name, node.subjects),
    Entry: lambda node: node.default is None,
    Call: lambda node: node.operator,
    Window: lambda node: node.tells_absence,
    Comparison: lambda node: node.symbols,
    Logic: lambda node: node.joint,
}


@dataclass(frozen=True, slots=True)
class Outline:
    """Equal for trees that are compiled to the same code; ``tree`` is one of them."""

    shape: Hashable
    tree: Node = field(compare=False)


def outline_of(tree: Node) -> Outline:
    return Outline(_shape(tree), tree)


def constants_of(node: Node) -> Iterator[Constant]:
    """The nodes that stand for a constant, with it, in an order that the outline fixes.

    A list is a set where something is looked up in it; methods ask for the tuple.
    """
    match node:
        case Literal() if node.value is not None:
            yield node, node.value
        case ListOf():
            yield node, node.values
        case Entry():
            yield node, node.key
        case Window():
            yield node, node.question
    for child in node.children():
        if isinstance(node, Comparison) and isinstance(child, ListOf):
            yield child, frozenset(child.values)
        else:
            yield from constants_of(child)


def _shape(node: Node) -> Hashable:
    kind = type(node)
    particular = _PARTICULARS.get(kind)
    own = None if particular is None else particular(node)
    return kind, node.type, own, tuple([_shape(child) for child in node.children()])
