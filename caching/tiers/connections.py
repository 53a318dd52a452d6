"""Clients of Redis by configuration: one server, Sentinels, a cluster, or a connection that django-redis keeps.

Each gives up after the configured time-outs. A connection that the server has closed meanwhile is opened once more; a
time-out is never waited for twice.
"""

from typing import Any

from caching.config import CacheConfig


def connect(config: CacheConfig) -> Any:
    """The client that the configuration asks for."""
    if config.redis_alias:
        return _of_django_redis(config.redis_alias)
    if config.redis_cluster:
        return _cluster(config)
    if config.redis_sentinels:
        return _behind_sentinels(config)
    return _single(config)


def _options(config: CacheConfig) -> dict[str, Any]:
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as Lost
    from redis.retry import Retry

    return {
        "password": config.redis_password or None,
        "ssl": config.redis_ssl,
        "socket_timeout": config.redis_timeout,
        "socket_connect_timeout": config.redis_connection_timeout,
        "retry": Retry(NoBackoff(), 1, supported_errors=(Lost,)),
    }


def _single(config: CacheConfig) -> Any:
    from redis import Redis

    return Redis(config.redis_host, config.redis_port, config.redis_db, **_options(config))


def _behind_sentinels(config: CacheConfig) -> Any:
    from redis import sentinel

    make: Any = sentinel.Sentinel  # redis-py leaves it untyped
    addresses = [(host, int(port)) for host, _, port in (text.rpartition(":") for text in config.redis_sentinels)]
    timeouts = {"socket_timeout": config.redis_timeout, "socket_connect_timeout": config.redis_connection_timeout}
    return make(addresses, sentinel_kwargs=timeouts).master_for(
        config.redis_service, db=config.redis_db, **_options(config)
    )


def _cluster(config: CacheConfig) -> Any:
    from redis.cluster import RedisCluster

    return RedisCluster(config.redis_host, config.redis_port, **_options(config))


def _of_django_redis(alias: str) -> Any:
    from django_redis import get_redis_connection

    return get_redis_connection(alias)
