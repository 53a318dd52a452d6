"""From text to tree: parse with ``ast``, then rebuild only what is on the whitelist.

The text is never evaluated. ``read_condition`` is the door.
"""

import ast
import re
from collections.abc import Mapping
from typing import Final

from alerts.conditions.reading.calls import read_call, read_subscript
from alerts.conditions.reading.operations import read_arithmetic, read_choice, read_comparison, read_logic, read_unary
from alerts.conditions.reading.reader import Reading, TreeReader
from alerts.conditions.reading.words import read_attribute, read_constant, read_list, read_name
from alerts.conditions.refusals import ConditionRefused
from alerts.conditions.source import Source, read_source
from alerts.conditions.tree import Fact, Literal, Node, Window, walk
from alerts.conditions.vocabulary import BOOLEANS

WHITELIST: Final[Mapping[type[ast.expr], Reading]] = {
    ast.Constant: read_constant,
    ast.List: read_list,
    ast.Tuple: read_list,
    ast.Set: read_list,
    ast.Name: read_name,
    ast.Attribute: read_attribute,
    ast.BinOp: read_arithmetic,
    ast.UnaryOp: read_unary,
    ast.BoolOp: read_logic,
    ast.Compare: read_comparison,
    ast.IfExp: read_choice,
    ast.Call: read_call,
    ast.Subscript: read_subscript,
}

# What is written instead of Python's operators, tried in this order once the parser has given up.
_CONFUSIONS: Final = (
    (re.compile(r"&&"), "`&&` is not an operator", "write `and`"),
    (re.compile(r"\|\|"), "`||` is not an operator", "write `or`"),
    (re.compile(r"<>"), "`<>` is not an operator", "write `!=`"),
    (re.compile(r"[=!]=="), "three characters are one too many", "write `==` or `!=`"),
    (re.compile(r"=[<>]"), "the equals sign stands second", "write `<=` or `>=`"),
    (re.compile(r"!(?!=)"), "`!` is not an operator", "write `not`"),
    (re.compile(r":="), "a condition assigns nothing", "compare with `==`"),
    (re.compile(r"(?<![=!<>:])=(?!=)"), "a condition assigns nothing", "compare with `==`"),
    (re.compile(r"\b(AND|OR|NOT|IN|IS|IF|ELSE)\b"), "operators are written small", "write `and`, `or`, `not`"),
    (re.compile(r";"), "a condition is one expression", "join with `and` or `or`"),
    (re.compile(r"(?<!\w)(import|def|class|return|for|while|del|assert|raise|print|exec|with|try|global|pass)\b"),
     "a condition is one expression, not a program", "for example: value > 80"),
)  # fmt: skip


def read_condition(text: str) -> Node:
    """The tree of a condition.

    Raises ConditionRefused, with the position of what is wrong: the text is no expression of the language, or it is
    one that has nothing to decide.
    """
    source = read_source(text)
    blanks = len(source.line) - len(source.line.lstrip())  # in front they would be an indentation to the parser
    tree = (reader := TreeReader(source.line, blanks, WHITELIST)).read(_expression(source, blanks))
    if isinstance(tree, (Fact, Literal)) or tree.type not in BOOLEANS:
        message = f"a condition is true or false, and `{reader.words(tree)}` is {_described(tree)}"
        raise ConditionRefused(message, tree.span[0], "compare it, for example: value > 80")
    if not any(isinstance(node, (Fact, Window)) for node in walk(tree)):
        raise ConditionRefused(
            "the condition uses no fact, its answer never changes", tree.span[0], "use value or name"
        )
    return tree


def _described(tree: Node) -> str:
    if isinstance(tree, Literal):
        return "always the same"
    return "a bare name" if isinstance(tree, Fact) else tree.type.value


def _expression(source: Source, blanks: int) -> ast.expr:
    try:
        return ast.parse(source.line[blanks:], "<condition>", "eval").body
    except SyntaxError as error:
        raise _syntax_refusal(
            source, blanks + error.offset - 1 if error.offset else len(source.line.rstrip())
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ConditionRefused("the parser cannot read this", blanks, "write a shorter expression") from error


def _syntax_refusal(source: Source, position: int) -> ConditionRefused:
    for confusion, message, advice in _CONFUSIONS:
        if found := confusion.search(source.outside):
            return ConditionRefused(message, found.start(), advice)
    near = source.line[position : position + 20].strip()
    message = f"not an expression at `{near}`" if near else "the expression is not finished"
    return ConditionRefused(message, min(position, len(source.line)), "for example: name == 'x' and value > 80")
