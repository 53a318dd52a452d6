"""The library below all else, usable with or without Django; so far, what reads the environment.

The door is lazy (PEP 562): the library loads a module when one of its names is used.
"""

from typing import TYPE_CHECKING

from caching.doors import lazy_door

_HOMES = {
    "Variable": "caching.environment",
    "WrongValue": "caching.environment",
    "optimize_dataframe_memory": "caching.frames.memory",
}
__all__ = [*_HOMES]

if TYPE_CHECKING:
    from caching.environment import Variable as Variable
    from caching.environment import WrongValue as WrongValue
    from caching.frames.memory import optimize_dataframe_memory as optimize_dataframe_memory
else:
    __getattr__ = lazy_door(__name__, _HOMES)
