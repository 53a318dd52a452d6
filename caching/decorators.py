"""``cached``: what a function returned for the same arguments is not computed again."""

import functools
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar, cast

from caching import coroutines
from caching.computing import Wanted
from caching.function_names import name_of
from caching.keys import digest
from caching.manager import CacheManager
from caching.names import named_version
from caching.process import get_cache_manager
from caching.recall import ABSENT

P = ParamSpec("P")
R = TypeVar("R")

Key = str | Callable[..., str] | None
Tags = Iterable[str] | Callable[..., Iterable[str]]

_SIMPLE = frozenset((str, int, bool, bytes, type(None)))  # not float: 0.0 and -0.0 are equal to a dictionary
_MOST_KNOWN = 4096
_SHORT_BYTES = 1024  # of all arguments of a call: longer ones are not worth remembering


class _NotSimple(TypeError):
    """The key of these arguments is not remembered by the arguments themselves."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """How one function is cached; ``name`` stands for it in keys."""

    function: Callable[..., Any]
    name: str
    signature: inspect.Signature
    ttl: float | None
    key: Key
    tags: Tags
    early: float
    stale: float
    copy: bool
    version: int | None

    def key_of(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        """Equal however the arguments are spelled: by position, by name or by default."""
        if callable(self.key):
            return named_version(self.key(*args, **kwargs), self.version)
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return named_version(f"{self.name}:{digest(bound.arguments)}", self.version)

    def wanted(self, key: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Wanted:
        tags = self.tags(*args, **kwargs) if callable(self.tags) else self.tags
        return Wanted(key, self.ttl, tags, self.early, self.stale, self.copy)


def cached(
    ttl: float | None = None,
    key: Key = None,
    tags: Tags = (),
    *,
    early: float = 0,
    stale: float = 0,
    copy: bool = True,
    version: int | None = None,
    manager: CacheManager | None = None,
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Keeps results for ``ttl`` seconds, also of methods and of coroutine functions; None is a result like any other.

    The key is made of the function's module, its qualified name and its arguments; ``key`` replaces the names, or,
    when it is a function of the arguments, all of it. Without ``key`` the results of a lambda, and of a function that
    captures variables, are for this very object only. ``tags``, too, may be one. ``early``, ``stale`` and ``copy`` are
    those of ``CacheManager.get_or_set``; ``version`` is to be raised when the results come to mean something else.
    Raises ``Unkeyable`` when it is called with arguments that no key can be made of.

    The wrapper has ``cache_key(...)`` and ``invalidate(...)``, which take the arguments of a call.
    """
    tags = tags if callable(tags) else tuple(tags)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        if not callable(function):
            raise TypeError("write @cached(), with parentheses; a class or static method is decorated below its own")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__qualname__} is a generator, which can be used once: return a list to cache it"
            )
        name = key if isinstance(key, str) else name_of(function)
        asked = _Asked(function, name, inspect.signature(function), ttl, key, tags, early, stale, copy, version)
        wrap = _wrapped_coroutine if inspect.iscoroutinefunction(function) else _wrapped
        return cast(Callable[P, R], wrap(asked, manager))

    return decorate


def _remembering(asked: _Asked) -> Callable[..., str]:
    """``key_of``, which knows the keys of simple arguments from before; ``lru_cache`` tells 1 from True here."""

    @functools.lru_cache(maxsize=_MOST_KNOWN, typed=True)
    def simple(*args: Any, **kwargs: Any) -> str:
        given = (*args, *kwargs.values())
        if _SIMPLE.issuperset(map(type, given)) and sum(map(sys.getsizeof, given)) <= _SHORT_BYTES:
            return asked.key_of(args, kwargs)
        raise _NotSimple

    return simple


def _wrapped(asked: _Asked, own: CacheManager | None) -> Callable[..., Any]:
    simple = _remembering(asked)
    looks_early, copy = asked.early > 0, asked.copy

    @functools.wraps(asked.function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        try:
            key = simple(*args, **kwargs)
        except TypeError:  # not simple, or not even hashable
            key = asked.key_of(args, kwargs)
        manager = own or get_cache_manager()
        if not looks_early:
            value = manager.near(key, copy)
            if value is not ABSENT:
                return value
        return manager.computing.get_or_set(asked.wanted(key, args, kwargs), lambda: asked.function(*args, **kwargs))

    return _with_doors(wrapper, asked, own)


def _wrapped_coroutine(asked: _Asked, own: CacheManager | None) -> Callable[..., Any]:
    @functools.wraps(asked.function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        key = asked.key_of(args, kwargs)
        manager = own or get_cache_manager()
        value = manager.near(key, asked.copy) if not asked.early else ABSENT
        if value is not ABSENT:
            return value
        return await coroutines.get_or_set(
            manager, asked.wanted(key, args, kwargs), lambda: asked.function(*args, **kwargs)
        )

    return _with_doors(wrapper, asked, own)


def _with_doors(wrapper: Any, asked: _Asked, own: CacheManager | None) -> Callable[..., Any]:
    def cache_key(*args: Any, **kwargs: Any) -> str:
        return asked.key_of(args, kwargs)

    def invalidate(*args: Any, **kwargs: Any) -> bool:
        return (own or get_cache_manager()).delete(asked.key_of(args, kwargs))

    wrapper.cache_key, wrapper.invalidate = cache_key, invalidate
    found: Callable[..., Any] = wrapper
    return found
