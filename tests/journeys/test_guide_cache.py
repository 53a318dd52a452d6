"""The guide's samples of the cache run, with their imports changed to this project's names."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from caching import CacheConfig, CacheManager, compress_data, decompress_data, process
from caching.compression import NotOurs

CONFIGURATION = """
from src.performance.cache import CacheManager, CacheConfig

config = CacheConfig(
    # Enable Redis for production
    redis_enabled=True,
    redis_host="localhost",
    redis_port=6379,

    # File cache settings
    file_cache_enabled=True,
    max_file_cache_size_mb=1024,

    # Compression settings
    compression_enabled=True,
    compression_threshold=1024  # Compress objects > 1KB
)

cache_manager = CacheManager(config)
"""
USE = """
from src.performance.cache import cached, get_cache_manager

# Decorator for automatic caching
@cached(ttl=3600)  # Cache for 1 hour
def expensive_computation(param1, param2):
    # Expensive operation
    return result

# Manual cache operations
cache = get_cache_manager()
cache.set("key", data, ttl=1800)
result = cache.get("key")
"""
BASIC_SETUP = """
from src.performance.cache import get_cache_manager

cache = get_cache_manager()
"""
MEMORY = """
# Configure cache memory limits
cache_config = CacheConfig(max_memory_mb=512)
"""


@pytest.fixture(autouse=True)
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CacheManager]:
    """The manager of the process, in a directory of its own."""
    manager = CacheManager(CacheConfig(file_cache_dir=tmp_path))
    monkeypatch.setattr(process, "_manager", manager)
    yield manager
    manager.close()


def run(sample: str, **names: object) -> dict[str, object]:
    exec(compile(sample.replace("src.performance.cache", "caching"), "<the guide>", "exec"), names)  # noqa: S102  (above)
    return names


def test_cache_configuration() -> None:
    names = run(CONFIGURATION)
    manager = names["cache_manager"]
    assert isinstance(manager, CacheManager)
    assert [tier.tier for tier in manager.get_stats()] == ["memory", "session", "file", "redis"]


def test_using_the_cache(manager: CacheManager) -> None:
    names = run(USE, data={"rows": 3}, result="computed")
    assert names["cache"] is manager
    assert names["result"] == {"rows": 3}
    computation = names["expensive_computation"]
    assert callable(computation)
    names["result"] = "first"
    assert computation(1, param2=2) == "first"
    names["result"] = "second"
    assert computation(1, 2) == "first"


def test_basic_setup(manager: CacheManager) -> None:
    assert run(BASIC_SETUP)["cache"] is manager


def test_memory_optimization() -> None:
    config = run(MEMORY, CacheConfig=CacheConfig)["cache_config"]
    assert isinstance(config, CacheConfig)
    assert config.max_memory_mb == 512


def test_every_field_of_the_guide_has_its_default() -> None:
    config = CacheConfig()
    assert (config.enabled, config.default_ttl, config.max_memory_mb) == (True, 3600, 512)
    assert (config.compression_enabled, config.compression_threshold) == (True, 1024)
    assert (config.file_cache_enabled, config.max_file_cache_size_mb) == (True, 1024)
    assert (config.file_cache_dir, config.file_cache_cleanup_interval) == (None, 3600)
    assert (config.redis_enabled, config.redis_host, config.redis_port, config.redis_db) == (
        False,
        "localhost",
        6379,
        0,
    )
    assert (config.redis_password, config.redis_ssl, config.redis_connection_timeout) == (None, False, 5)
    assert (config.streamlit_cache_enabled, config.streamlit_ttl, config.streamlit_max_entries) == (True, 1800, 100)


def test_data_is_compressed_and_decompressed() -> None:
    data = {"rows": ["NSW"] * 10_000}
    packed = compress_data(data)
    assert len(packed) < 2000
    assert decompress_data(packed) == data
    with pytest.raises(NotOurs):
        decompress_data(packed[:-1])
