"""The walk over the parsed text: counts, measures depth, and lets only listed kinds of expression through."""

import ast
from collections.abc import Callable, Mapping
from typing import Any, Final

from alerts.conditions.reading.forbidden import FORBIDDEN
from alerts.conditions.refusals import ConditionRefused
from alerts.conditions.source import DEEPEST_NESTING
from alerts.conditions.tree import Call, Literal, Node, Span
from alerts.conditions.values import ConditionBroken
from alerts.conditions.vocabulary import Accepts, Signature, ValueType

MOST_NODES: Final = 200

Reading = Callable[["TreeReader", Any], Node]


class TreeReader:
    """Reads one condition; ``line`` is its text, parsed from after its first ``blanks``, ``readings`` the whitelist."""

    def __init__(self, line: str, blanks: int, readings: Mapping[type[ast.expr], Reading]) -> None:
        self._line = line
        self._blanks = blanks
        self._parsed = line[blanks:].encode()
        self._readings = readings
        self._nodes = 0
        self._depth = 0

    def read(self, node: ast.expr) -> Node:
        """The node in our tree; ConditionRefused when it, or anything below it, is not part of the language."""
        reading = self._readings.get(type(node))
        if reading is None:
            raise self.refusal(node, *FORBIDDEN.get(type(node), ("this is not part of a condition", "")))
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise self.refusal(node, f"a condition has at most {MOST_NODES} parts", "split it into several rules")
        self._depth += 1
        if self._depth > DEEPEST_NESTING:
            raise self.refusal(node, f"expressions are nested more than {DEEPEST_NESTING} deep")
        read = reading(self, node)
        self._depth -= 1
        return read

    def span(self, node: ast.expr) -> Span:
        """Where the node stands in the text, in characters (the parser counts UTF-8 bytes)."""
        end = node.end_col_offset if node.end_col_offset is not None else node.col_offset
        return self._characters(node.col_offset), self._characters(end)

    def words(self, node: Node) -> str:
        """What was written there."""
        return self._line[slice(*node.span)]

    def refusal(self, node: ast.expr, message: str, advice: str = "") -> ConditionRefused:
        return ConditionRefused(message, self.span(node)[0], advice)

    def refusal_of_attribute(self, node: ast.Attribute, message: str, advice: str = "") -> ConditionRefused:
        """The same, pointing at the word after the dot."""
        return ConditionRefused(message, self.span(node)[1] - len(node.attr), advice)

    def expect(self, node: Node, accepts: Accepts, what: str, advice: str = "") -> Node:
        """The node itself when its type is among ``accepts``; otherwise ConditionRefused naming ``what`` wanted it."""
        if node.type in accepts:
            return node
        allowed = " or ".join(sorted(type_.value for type_ in accepts - {ValueType.ANY}))
        message = f"{what} takes {allowed}, and `{self.words(node)}` is {node.type.value}"
        raise ConditionRefused(message, node.span[0], advice)

    def call(self, node: ast.expr, operator: str, signature: Signature, arguments: tuple[Node, ...]) -> Node:
        """A call of a bounded operator, computed at once when all of its arguments are written out."""
        span = self.span(node)
        if not all(isinstance(argument, Literal) for argument in arguments):
            return Call(span, signature.gives, operator, arguments)
        values = [argument.value for argument in arguments if isinstance(argument, Literal)]
        try:
            return Literal(span, signature.gives, signature.run(*values))
        except ConditionBroken as error:
            raise ConditionRefused(error.reason, span[0]) from error

    def _characters(self, byte_offset: int) -> int:
        return self._blanks + len(self._parsed[:byte_offset].decode())
