"""The shared tiers that a configuration asks for, from the nearest to the outermost."""

import logging
import secrets
from collections.abc import Callable
from functools import partial

from caching.config import CacheConfig
from caching.shared import SharedTiers
from caching.signing import Signer, find_signer
from caching.tiers.base import SharedTier
from caching.tiers.connections import connect
from caching.tiers.file import FileTier
from caching.tiers.guarded import GuardedTier
from caching.tiers.redis import RedisTier

log = logging.getLogger(__name__)


def assemble(config: CacheConfig) -> SharedTiers:
    """Nothing is opened or made before its first use."""
    tiers = [tier for make in TIERS if config.enabled and (tier := make(config)) is not None]
    return SharedTiers([GuardedTier(tier) for tier in tiers], partial(_signer, config), config.fallback_ttl)


def _file(config: CacheConfig) -> SharedTier | None:
    if not config.file_cache_enabled:
        return None
    directory = config.directory / f"{config.namespace}-{config.version}"
    limit_bytes = int(config.max_file_cache_size_mb * 2**20)
    return FileTier(directory, limit_bytes, config.file_cache_cleanup_interval)


def _redis(config: CacheConfig) -> SharedTier | None:
    return RedisTier(partial(connect, config), config.prefix) if config.redis_enabled else None


TIERS: tuple[Callable[[CacheConfig], SharedTier | None], ...] = (_file, _redis)


def _signer(config: CacheConfig) -> Signer:
    try:
        return find_signer(config.signing_key, config.directory)
    except OSError as error:
        log.warning("The cache's entries are of use to this process only: its key cannot be kept (%s)", error)
        return Signer.of(secrets.token_urlsafe(48))
