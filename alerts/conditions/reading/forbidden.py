"""What people try that is Python and not part of a condition, with what to write instead."""

import ast
from collections.abc import Mapping
from typing import Final

_LIST: Final = "list the values: name in ['a', 'b']"

FORBIDDEN: Final[Mapping[type[ast.expr], tuple[str, str]]] = {
    ast.Lambda: ("lambda is not part of a condition", ""),
    ast.ListComp: ("a comprehension is not part of a condition", _LIST),
    ast.SetComp: ("a comprehension is not part of a condition", _LIST),
    ast.DictComp: ("a comprehension is not part of a condition", _LIST),
    ast.GeneratorExp: ("a comprehension is not part of a condition", _LIST),
    ast.Dict: ("a dictionary is not part of a condition", _LIST),
    ast.NamedExpr: ("a condition assigns nothing", "compare with =="),
    ast.JoinedStr: ("an f-string is not part of a condition", "join texts with +"),
    ast.Starred: ("a star is not part of a condition", "write the arguments out"),
    ast.Await: ("await is not part of a condition", ""),
    ast.Yield: ("yield is not part of a condition", ""),
    ast.YieldFrom: ("yield is not part of a condition", ""),
    ast.Slice: ("a slice stands only in square brackets after a text", ""),
}
