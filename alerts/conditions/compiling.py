"""From tree to function: a new Python syntax tree, made only of what ``expressions.py`` lists, is compiled.

It holds no attribute, no import, no loop and no name but ours: facts are indexed by position, everything that can grow
or fail is a call of a bounded operator, and what the types prove harmless (``name == 'x' and value > 80``) is left to
the interpreter. Metrics and health checks get a branch each, where a fact the subject never has is a constant ``None``.
The constants of a condition are the defaults of its function's other parameters, so that conditions which differ in
nothing else share their code.
"""

import ast
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, Final

from alerts.conditions.expressions import NOTHING, Code, call, compare, constant, identical, item, name, unless_unknown
from alerts.conditions.facts import Facts, Subject, window_value
from alerts.conditions.operators.comparisons import COMPARISONS, decisive, metadata_value
from alerts.conditions.outlines import Outline, constants_of, outline_of
from alerts.conditions.tree import (
    Call,
    Choice,
    Comparison,
    Entry,
    Fact,
    IsMissing,
    ListOf,
    Literal,
    Logic,
    Node,
    Not,
    Window,
    walk,
)
from alerts.conditions.values import ConditionBroken, Truth, Value
from alerts.conditions.vocabulary import FACTS, HEALTH_CHECK, NUMBERS, OPERATORS, Presence, ValueType

Judge = Callable[[Facts], Truth]

_POSITIONS: Final = {field: position for position, field in enumerate(Facts._fields)}
_DIRECT: Final = "direct "
# Facts of the wrong types and window readers may still fail; that breaks the condition and nothing else.
_FUNCTION: Final = """
def condition(facts):
    try:
        return ...
    except failures as failure:
        raise broken_by(failure) from failure
"""
_ALL_TEXT: Final = frozenset({ValueType.TEXT, ValueType.LIST})
_ALL_NUMBERS: Final = NUMBERS - {ValueType.ANY}


def compile_judge(tree: Node) -> Judge:
    """The condition as a function of facts."""
    constants = tuple([value for _, value in constants_of(tree)])
    return FunctionType(_code_of(outline_of(tree)), _NAMES, "condition", constants)


def compile_value(tree: Node) -> Callable[[Facts], Value]:
    """A part of a condition as a function of facts, which gives what that part is worth; None is unknown."""
    constants = dict(constants_of(tree))
    parameters = {node: f"c{place}" for place, node in enumerate(constants)}
    on_metric, on_health = (_Writer(subject, parameters).write(tree).expression for subject in Subject)
    chosen = ast.IfExp(item("facts", _POSITIONS["is_health"]), on_health, on_metric)
    return FunctionType(_function(chosen, parameters.values()), _NAMES, "value", tuple(constants.values()))


@lru_cache(maxsize=2000)
def _code_of(outline: Outline) -> CodeType:
    tree = outline.tree
    parameters = {node: f"c{place}" for place, (node, _) in enumerate(constants_of(tree))}
    verdict = _Writer(Subject.METRIC, parameters).verdict(tree)
    if not _same_on_both(tree):
        on_health = _Writer(Subject.HEALTH, parameters).verdict(tree)
        verdict = ast.IfExp(item("facts", _POSITIONS["is_health"]), on_health, verdict)
    return _function(verdict, parameters.values())


def _same_on_both(tree: Node) -> bool:
    """Whether every fact it uses is there on metrics and on health checks alike, so that one branch will do."""
    facts = [node for node in walk(tree) if isinstance(node, Fact)]
    return all(
        len(fact.subjects) == len(Subject) and fact.name != HEALTH_CHECK and FACTS[fact.name].is_common
        for fact in facts
    )


def _function(expression: ast.expr, parameters: Iterable[str]) -> CodeType:
    module = ast.parse(_FUNCTION)
    for node in ast.walk(module):
        if isinstance(node, ast.Return):
            node.value = expression
        elif isinstance(node, ast.arguments):
            node.args += [ast.arg(parameter) for parameter in parameters]
    constants = compile(ast.fix_missing_locations(module), "<condition>", "exec").co_consts
    return next(constant for constant in constants if isinstance(constant, CodeType))


def _broken_by(failure: Exception) -> ConditionBroken:
    return ConditionBroken(f"cannot be computed: {failure}")


# All that compiled conditions can name; no text can spell most of these, and none is ever looked up by one.
_NAMES: Final[dict[str, Any]] = {
    "__builtins__": {},
    **COMPARISONS,
    **{operator: signature.run for operator, signature in OPERATORS.items()},
    **{_DIRECT + operator: signature.direct for operator, signature in OPERATORS.items() if signature.direct},
    "failures": (TypeError, AttributeError, ValueError, LookupError, ArithmeticError, RecursionError, MemoryError),
    "broken_by": _broken_by,
    "a condition": decisive,
    "a tag": dict.get,
    "an entry": metadata_value,
    "a window": window_value,
    "TRUE": Truth.TRUE,
    "FALSE": Truth.FALSE,
    "UNKNOWN": Truth.UNKNOWN,
}


class _Writer:
    """Writes the branch of one kind of subject; ``parameters`` name what holds the constants."""

    def __init__(self, subject: Subject, parameters: Mapping[Node, str]) -> None:
        self._subject = subject
        self._parameters = parameters
        self._temporaries = 0

    def verdict(self, tree: Node) -> ast.expr:
        code = self._condition(tree)
        if code.certain:
            return ast.IfExp(code.expression, name("TRUE"), name("FALSE"))
        bind, read = self._temporary(code.expression)
        return ast.IfExp(bind, name("TRUE"), ast.IfExp(identical(read, False), name("FALSE"), name("UNKNOWN")))

    def write(self, node: Node) -> Code:
        return _WRITINGS[type(node)](self, node)

    def _condition(self, node: Node) -> Code:
        code = self.write(node)
        return Code(call("a condition", code.expression), certain=False) if node.type is ValueType.ANY else code

    def _parameter(self, node: Node) -> ast.expr:
        return name(self._parameters[node])

    def _temporary(self, expression: ast.expr) -> tuple[ast.expr, ast.expr]:
        """The expression, kept under a new name, and that name to read it again."""
        self._temporaries += 1
        kept = f"t{self._temporaries}"
        return ast.NamedExpr(ast.Name(kept, ast.Store()), expression), name(kept)

    def literal(self, node: Literal) -> Code:
        return NOTHING if node.value is None else Code(self._parameter(node), certain=True)

    def list_of(self, node: ListOf) -> Code:
        return Code(self._parameter(node), certain=True)

    def fact(self, node: Fact) -> Code:
        presence = FACTS[node.name].presence(self._subject)
        if self._subject not in node.subjects or presence is Presence.NEVER:
            return NOTHING
        if node.name == HEALTH_CHECK:
            return Code(constant(self._subject is Subject.HEALTH), certain=True)
        return Code(item("facts", _POSITIONS[node.name]), presence is Presence.ALWAYS)

    def entry(self, node: Entry) -> Code:
        entries = self.fact(node.of)
        found = entries.expression
        if entries.certain:
            found = call("a tag" if node.of.type is ValueType.TAGS else "an entry", found, self._parameter(node))
        if node.default is None:
            return Code(found, certain=False)
        bind, read = self._temporary(found)
        default = self.write(node.default)
        return Code(ast.IfExp(identical(bind, None), default.expression, read), default.certain)

    def window(self, node: Window) -> Code:
        answer = call("a window", name("facts"), self._parameter(node))
        return Code(identical(answer, None), certain=True) if node.tells_absence else Code(answer, certain=False)

    def operation(self, node: Call) -> Code:
        arguments = [self.write(argument) for argument in node.arguments]
        certain = all(argument.certain for argument in arguments)
        proven = certain and all(argument.type in _ALL_TEXT for argument in node.arguments)
        direct = proven and OPERATORS[node.operator].direct is not None
        operator = _DIRECT + node.operator if direct else node.operator
        return Code(call(operator, *(argument.expression for argument in arguments)), certain)

    def is_missing(self, node: IsMissing) -> Code:
        return Code(identical(self.write(node.operand).expression, None), certain=True)

    def negation(self, node: Not) -> Code:
        operand = self._condition(node.operand)
        if operand.certain:
            return Code(ast.UnaryOp(ast.Not(), operand.expression), certain=True)
        bind, read = self._temporary(operand.expression)
        return unless_unknown(bind, ast.UnaryOp(ast.Not(), read))

    def choice(self, node: Choice) -> Code:
        test, then, otherwise = self._condition(node.test), self.write(node.then), self.write(node.otherwise)
        if test.certain:
            chosen = ast.IfExp(test.expression, then.expression, otherwise.expression)
            return Code(chosen, then.certain and otherwise.certain)
        bind, read = self._temporary(test.expression)
        return unless_unknown(bind, ast.IfExp(read, then.expression, otherwise.expression))

    def logic(self, node: Logic) -> Code:
        return self._joined(node.joint, [self._condition(operand) for operand in node.operands])

    def _joined(self, joint: str, operands: list[Code]) -> Code:
        """Kleene's ``and`` and ``or``, from left to right: what absorbs (False, True) ends it, the unknown goes on.

        After an operand that is certain Python's own do exactly that.
        """
        joined = operands[-1]
        for operand in reversed(operands[:-1]):
            if operand.certain:
                native = ast.And() if joint == "and" else ast.Or()
                joined = Code(ast.BoolOp(native, [operand.expression, joined.expression]), joined.certain)
            else:
                joined = Code(self._kleene(joint == "or", operand.expression, joined.expression), certain=False)
        return joined

    def _kleene(self, absorbing: bool, left: ast.expr, right: ast.expr) -> ast.expr:
        bind_left, read_left = self._temporary(left)
        bind_right, read_right = self._temporary(right)
        right_decides = ast.BoolOp(ast.Or(), [identical(bind_right, absorbing), identical(read_left, not absorbing)])
        rest = ast.IfExp(right_decides, read_right, constant(None))
        return ast.IfExp(identical(bind_left, absorbing), constant(absorbing), rest)

    def comparison(self, node: Comparison) -> Code:
        """A chain is the ``and`` of its pairs, each operand computed once."""
        pairs = []
        left = self.write(node.operands[0])
        for position, symbol in enumerate(node.symbols, start=1):
            right = again = self.write(node.operands[position])
            if position < len(node.symbols) and not isinstance(node.operands[position], Literal):
                bind, read = self._temporary(right.expression)
                right, again = Code(bind, right.certain), Code(read, right.certain)
            pairs.append(self._pair(symbol, node.operands[position - 1 : position + 1], left, right))
            left = again
        return self._joined("and", pairs)

    def _pair(self, symbol: str, nodes: tuple[Node, ...], left: Code, right: Code) -> Code:
        written = isinstance(nodes[1], (Literal, ListOf))
        if _proven(symbol, *nodes) and left.certain and right.certain:
            return Code(compare(left.expression, symbol, right.expression), certain=True)
        if _proven(symbol, *nodes) and right.certain and written:
            bind, read = self._temporary(left.expression)
            return unless_unknown(bind, compare(read, symbol, right.expression))
        return Code(call(symbol, left.expression, right.expression), left.certain and right.certain)


_WRITINGS: Final[Mapping[type[Node], Callable[[_Writer, Any], Code]]] = {
    Literal: _Writer.literal,
    ListOf: _Writer.list_of,
    Fact: _Writer.fact,
    Entry: _Writer.entry,
    Window: _Writer.window,
    Call: _Writer.operation,
    IsMissing: _Writer.is_missing,
    Not: _Writer.negation,
    Choice: _Writer.choice,
    Logic: _Writer.logic,
    Comparison: _Writer.comparison,
}


def _proven(symbol: str, left: Node, right: Node) -> bool:
    """Whether Python's own operator cannot fail on these types, once neither side is unknown."""
    if symbol in {"==", "!="} or isinstance(right, ListOf):
        return True
    types = {left.type, right.type}
    return types == {ValueType.TEXT} or (symbol not in {"in", "not in"} and types <= _ALL_NUMBERS)
