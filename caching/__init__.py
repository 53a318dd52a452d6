"""The library below all else, usable with or without Django: a cache in tiers, and what reads the environment.

The door is lazy (PEP 562): the library loads a module when one of its names is used.
"""

from typing import TYPE_CHECKING

from caching.doors import lazy_door

_HOMES = {
    "CacheConfig": "caching.config",
    "CacheManager": "caching.manager",
    "TierStats": "caching.stats",
    "Unkeyable": "caching.keys",
    "Variable": "caching.environment",
    "WrongValue": "caching.environment",
    "compress_data": "caching.compression",
    "decompress_data": "caching.compression",
    "cached": "caching.decorators",
    "get_cache_manager": "caching.process",
    "warmer": "caching.warming",
}
__all__ = [*_HOMES]

if TYPE_CHECKING:
    from caching.compression import compress_data as compress_data
    from caching.compression import decompress_data as decompress_data
    from caching.config import CacheConfig as CacheConfig
    from caching.decorators import cached as cached
    from caching.environment import Variable as Variable
    from caching.environment import WrongValue as WrongValue
    from caching.keys import Unkeyable as Unkeyable
    from caching.manager import CacheManager as CacheManager
    from caching.process import get_cache_manager as get_cache_manager
    from caching.stats import TierStats as TierStats
    from caching.warming import warmer as warmer
else:
    __getattr__ = lazy_door(__name__, _HOMES)
