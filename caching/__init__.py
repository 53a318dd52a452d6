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
    "Cancellation": "caching.queries.running",
    "LazyDataFrame": "caching.frames.lazy",
    "NoKey": "caching.queries.errors",
    "PaginatedQuery": "caching.queries.paging.pages",
    "Plan": "caching.queries.plans",
    "PoolExhausted": "caching.queries.errors",
    "QueryError": "caching.queries.errors",
    "QueryOptimizer": "caching.queries.optimizer",
    "Shape": "caching.queries.shapes",
    "connection_pools": "caching.queries.pools",
    "shape": "caching.queries.shapes",
    "optimize_dataframe_memory": "caching.frames.memory",
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
    from caching.frames.lazy import LazyDataFrame as LazyDataFrame
    from caching.frames.memory import optimize_dataframe_memory as optimize_dataframe_memory
    from caching.keys import Unkeyable as Unkeyable
    from caching.manager import CacheManager as CacheManager
    from caching.process import get_cache_manager as get_cache_manager
    from caching.queries.errors import NoKey as NoKey
    from caching.queries.errors import PoolExhausted as PoolExhausted
    from caching.queries.errors import QueryError as QueryError
    from caching.queries.optimizer import QueryOptimizer as QueryOptimizer
    from caching.queries.paging.pages import PaginatedQuery as PaginatedQuery
    from caching.queries.plans import Plan as Plan
    from caching.queries.pools import connection_pools as connection_pools
    from caching.queries.running import Cancellation as Cancellation
    from caching.queries.shapes import Shape as Shape
    from caching.queries.shapes import shape as shape
    from caching.stats import TierStats as TierStats
    from caching.warming import warmer as warmer
else:
    __getattr__ = lazy_door(__name__, _HOMES)
