"""Names of functions: what stands for a cached function in its keys, in this process and in others.

A name has to mean one function. Two scripts are both ``__main__``, all lambdas share a name, and so do the closures
that one function makes; each would be given the results of the other.
"""

import inspect
import logging
import os
import secrets
import sys
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from blake3 import blake3

log = logging.getLogger(__name__)

_MARK_BYTES = 8
_OF_METHODS = "__class__"  # captured by methods that use ``super()``, and the same for all calls


def name_of(function: Callable[..., Any]) -> str:
    """Module and qualified name, which other processes share.

    What has none of its own (a lambda, a bound method, a function that captures variables) gets a mark that no other
    has: its results are found again by this very object, and by nobody else.
    """
    inner = inspect.unwrap(function)
    module = getattr(inner, "__module__", None) or ""
    qualified = getattr(inner, "__qualname__", None) or type(inner).__qualname__
    if module == "__main__":
        module = _program(inner)
    why = _why_ambiguous(inner)
    if not why:
        return f"{module}.{qualified}"
    log.info("Results of %s.%s are for one object of this process, as %s: give a key", module, qualified, why)
    return f"{module}.{qualified}#{secrets.token_hex(_MARK_BYTES)}"


def _why_ambiguous(function: Callable[..., Any]) -> str:
    """Empty when the name means this function only."""
    code = getattr(function, "__code__", None)
    if not isinstance(getattr(function, "__self__", None), ModuleType | None):  # functions written in C name theirs
        return "it is bound to one object"
    if not hasattr(function, "__qualname__"):
        return "it is an object without a name"
    if function.__name__ == "<lambda>":
        return "lambdas share a name"
    captured = [name for name in getattr(code, "co_freevars", ()) if name != _OF_METHODS]
    return f"it captures {', '.join(captured)}" if captured else ""


def _program(function: Callable[..., Any]) -> str:
    """What ``__main__`` is: the module that was started, the file, or, where neither is known, the function's code."""
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    file = getattr(main, "__file__", None)
    if file is not None:
        return os.path.realpath(str(file))
    code = getattr(function, "__code__", None)
    return f"__main__#{_digest(code)}" if code is not None else "__main__"


def _digest(code: CodeType) -> str:
    """Of what the code does, so that a function which is typed in anew is another one."""
    constants = [_digest(one) if isinstance(one, CodeType) else repr(one) for one in code.co_consts]
    return blake3(repr((code.co_code, code.co_names, constants)).encode()).hexdigest(_MARK_BYTES)
