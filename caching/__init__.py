"""The library below all else, usable with or without Django; so far, what reads the environment.

The door is lazy (PEP 562): importing ``caching`` loads nothing else until a name is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from caching.environment import Variable as Variable
    from caching.environment import WrongValue as WrongValue

_HOMES = {
    "Variable": "caching.environment",
    "WrongValue": "caching.environment",
}

__all__ = ["Variable", "WrongValue"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'caching' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
