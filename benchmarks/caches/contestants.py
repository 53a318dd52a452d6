"""The caches that are compared, each as two functions: set and get."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cachetools
import diskcache
import theine
from django.conf import settings
from django.core.cache import caches

from caching import CacheConfig, CacheManager

TTL = 3600
Role = Literal["peer", "ours"]


@dataclass(frozen=True)
class Contestant:
    name: str
    role: Role
    set: Callable[[str, Any], object]
    get: Callable[[str], Any]


def configure(directory: Path, host: str, port: int, password: str) -> None:
    """Django's own caches, and django-redis."""
    redis_url = f"redis://:{password}@{host}:{port}/0"
    backends = "django.core.cache.backends"
    more = {"OPTIONS": {"MAX_ENTRIES": 10_000}}
    settings.configure(
        SECRET_KEY="b" * 50,
        CACHES={
            "default": {"BACKEND": f"{backends}.locmem.LocMemCache"} | more,
            "file": {"BACKEND": f"{backends}.filebased.FileBasedCache", "LOCATION": str(directory / "django")} | more,
            "redis": {"BACKEND": f"{backends}.redis.RedisCache", "LOCATION": redis_url},
            "django-redis": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": redis_url},
        },
    )


def in_memory() -> list[Contestant]:
    ttl_cache: cachetools.TTLCache[str, Any] = cachetools.TTLCache(10_000, TTL)
    theines: theine.Cache[str, Any] = theine.Cache(10_000)
    manager = CacheManager(CacheConfig(file_cache_enabled=False))
    return [
        of_django("Django locmem", "default"),
        Contestant("cachetools TTLCache (no copy)", "peer", ttl_cache.__setitem__, ttl_cache.get),
        Contestant("theine (no copy)", "peer", theines.set, lambda key: theines.get(key)[0]),
        Contestant("memory tier", "ours", manager.set, manager.get),
        Contestant("memory tier, copy=False", "ours", manager.set, lambda key: manager.get(key, copy=False)),
    ]


def on_disk(directory: Path) -> list[Contestant]:
    disk = diskcache.Cache(str(directory / "diskcache"))
    manager = CacheManager(CacheConfig(max_memory_mb=0, file_cache_dir=directory / "ours"))
    return [
        of_django("Django file cache", "file"),
        Contestant("diskcache", "peer", lambda key, value: disk.set(key, value, TTL), disk.get),
        Contestant("file tier", "ours", manager.set, manager.get),
    ]


def in_redis(host: str, port: int, password: str) -> list[Contestant]:
    manager = CacheManager(
        CacheConfig(
            max_memory_mb=0,
            file_cache_enabled=False,
            redis_enabled=True,
            redis_host=host,
            redis_port=port,
            redis_password=password,
            redis_timeout=5,
        )
    )
    return [
        of_django("django-redis", "django-redis"),
        of_django("Django Redis cache", "redis"),
        Contestant("Redis tier", "ours", manager.set, manager.get),
    ]


def of_django(name: str, alias: str) -> Contestant:
    cache = caches[alias]
    return Contestant(name, "peer", lambda key, value: cache.set(key, value, TTL), cache.get)
