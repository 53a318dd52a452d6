"""Reading calls, indexes and slices."""

import ast
from typing import Final

from alerts.conditions.reading.reader import TreeReader
from alerts.conditions.reading.windows import read_window
from alerts.conditions.reading.words import CALLABLE
from alerts.conditions.refusals import ConditionRefused, suggestion
from alerts.conditions.tree import Entry, Fact, ListOf, Literal, Node
from alerts.conditions.vocabulary import (
    FUNCTIONS,
    GET,
    INDEX,
    MAPPINGS,
    METHODS,
    NUMBERS,
    PATTERNS,
    SCALARS,
    SLICE,
    TEXTS,
    Accepts,
    Signature,
    ValueType,
)
from alerts.conditions.windows import WINDOW_FUNCTIONS

_END_OF_TEXT: Final = 10**9
_DEFAULTS: Final[Accepts] = SCALARS | {ValueType.NOTHING}


def read_call(reader: TreeReader, node: ast.Call) -> Node:
    if isinstance(node.func, ast.Attribute):
        return _read_method(reader, node, node.func)
    if not isinstance(node.func, ast.Name):
        raise reader.refusal(node, "only functions named in the language can be called", suggestion("", CALLABLE))
    name = node.func.id
    if name in WINDOW_FUNCTIONS:
        return read_window(reader, node, name)
    signature = FUNCTIONS.get(name)
    if signature is None:
        raise _not_a_function(reader, node, name)
    return _read_signature(reader, node, name, signature, ())


def _not_a_function(reader: TreeReader, node: ast.Call, name: str) -> ConditionRefused:
    if name in METHODS:
        return reader.refusal(node, f"`{name}` is a method", f"write it after a text: name.{name}(...)")
    return reader.refusal(node, f"`{name}` is not a function", suggestion(name, CALLABLE))


def _read_method(reader: TreeReader, node: ast.Call, func: ast.Attribute) -> Node:
    if func.attr != GET and func.attr not in METHODS:
        reader.read(func)  # refuses a dunder or an unknown attribute at its own place
        raise reader.refusal_of_attribute(func, f"`{func.attr}` is a fact and cannot be called")
    receiver = reader.read(func.value)
    if receiver.type in MAPPINGS or func.attr == GET:
        return _read_get(reader, node, func, receiver)
    reader.expect(receiver, TEXTS, f"`.{func.attr}()`")
    return _read_signature(reader, node, func.attr, METHODS[func.attr], (receiver,))


def _read_signature(
    reader: TreeReader, node: ast.Call, name: str, signature: Signature, given: tuple[Node, ...]
) -> Node:
    _refuse_keywords(reader, node)
    arguments = given + tuple(reader.read(argument) for argument in node.args)
    takes = signature.takes + signature.may_take
    if signature.repeats:
        takes += takes[-1:] * (len(arguments) - len(takes))
    if not len(signature.takes) <= len(arguments) <= len(takes):
        raise reader.refusal(node, f"`{name}` takes {_how_many(signature, len(given))}")
    for argument, accepts in zip(arguments, takes, strict=False):
        reader.expect(argument, accepts, f"`{name}`")
        _check_patterns(argument, accepts)
    if name == "len" and isinstance(arguments[0], ListOf):
        return Literal(reader.span(node), ValueType.NUMBER, len(arguments[0].values))
    return reader.call(node, name, signature, arguments)


def _how_many(signature: Signature, given: int) -> str:
    least = len(signature.takes) - given
    most = least + len(signature.may_take)
    if signature.repeats:
        return f"{least} arguments or more"
    numbers = f"{least}" if least == most else f"{least} to {most}"
    return f"{numbers} argument{'' if most == 1 else 's'}"


def _check_patterns(argument: Node, accepts: Accepts) -> None:
    if accepts is not PATTERNS or not isinstance(argument, ListOf):
        return
    if not all(isinstance(value, str) for value in argument.values):
        raise ConditionRefused("a list of beginnings or endings holds texts only", argument.span[0])


def _refuse_keywords(reader: TreeReader, node: ast.Call) -> None:
    for keyword in node.keywords:
        message = (
            "two stars are not part of a condition" if keyword.arg is None else f"no argument `{keyword.arg}=` here"
        )
        raise reader.refusal(keyword.value, message)


def _read_get(reader: TreeReader, node: ast.Call, func: ast.Attribute, receiver: Node) -> Node:
    if func.attr != GET or not isinstance(receiver, Fact) or receiver.type not in MAPPINGS:
        message = "tags and metadata have the method get, texts have the others"
        raise reader.refusal_of_attribute(func, message, "write tags.get('key') or name.lower()")
    _refuse_keywords(reader, node)
    if not 1 <= len(node.args) <= 2:
        raise reader.refusal(node, "`get` takes 1 to 2 arguments")
    default = _default(reader, node.args[1]) if len(node.args) == 2 else None
    return _entry(reader, node, receiver, node.args[0], default)


def _default(reader: TreeReader, node: ast.expr) -> Node | None:
    default = reader.expect(reader.read(node), _DEFAULTS, "the default of `get`")
    return None if default.type is ValueType.NOTHING else default


def _entry(reader: TreeReader, node: ast.expr, of: Fact, key: ast.expr, default: Node | None) -> Node:
    name = reader.read(key)
    if not isinstance(name, Literal) or not isinstance(name.value, str):
        raise ConditionRefused("a key is a text in quotes", name.span[0], f"write {of.name}['key']")
    type_ = ValueType.TEXT if of.type is ValueType.TAGS else ValueType.ANY
    if default is not None and default.type is not type_:
        type_ = ValueType.ANY
    return Entry(reader.span(node), type_, of, name.value, default)


def read_subscript(reader: TreeReader, node: ast.Subscript) -> Node:
    """An entry of tags or metadata, or a character or part of a text."""
    subject = reader.read(node.value)
    if isinstance(subject, Fact) and subject.type in MAPPINGS:
        return _entry(reader, node, subject, node.slice, None)
    reader.expect(subject, TEXTS, "an index")
    if isinstance(node.slice, ast.Slice):
        return _read_part(reader, node, subject, node.slice)
    index = reader.expect(reader.read(node.slice), NUMBERS, "an index of a text")
    return reader.call(node, "character", INDEX, (subject, index))


def _read_part(reader: TreeReader, node: ast.Subscript, text: Node, slice_: ast.Slice) -> Node:
    if slice_.step is not None:
        raise reader.refusal(slice_.step, "a slice has a start and an end, no step")
    start = _bound(reader, slice_.lower, text, 0)
    stop = _bound(reader, slice_.upper, text, _END_OF_TEXT)
    return reader.call(node, "part", SLICE, (text, start, stop))


def _bound(reader: TreeReader, node: ast.expr | None, text: Node, unwritten: int) -> Node:
    if node is None:
        return Literal(text.span, ValueType.NUMBER, unwritten)
    return reader.expect(reader.read(node), NUMBERS, "a slice")
