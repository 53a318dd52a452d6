"""The cache's configuration."""

import os
from pathlib import Path
from typing import Any

import pytest

from ahgd_ops.config import ProductionConfig
from caching import CacheConfig, CacheManager, WrongValue
from caching.signing import Signer, find_signer
from caching.variables import FIELDS


def test_programs_without_settings_read_the_same_variables_as_the_console(tmp_path: Path) -> None:
    environ = {
        "AHGD_STATE_DIR": str(tmp_path),
        "AHGD_CACHE_MAX_MEMORY_MB": "64",
        "AHGD_REDIS_ENABLED": "true",
        "AHGD_REDIS_SENTINELS": "one:26379, two:26379",
        "AHGD_CACHE_TTL": "60",
    }
    config = CacheConfig.from_environment(environ)
    assert config == ProductionConfig.from_environment(environ | {"AHGD_INSTANCE": "a"}).cache
    assert config.file_cache_dir == tmp_path / "cache"
    assert config.redis_sentinels == ("one:26379", "two:26379")
    assert (config.max_memory_mb, config.default_ttl, config.redis_enabled) == (64, 60, True)


def test_every_variable_is_a_field() -> None:
    assert set(FIELDS.values()) <= set(CacheConfig.__dataclass_fields__)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("default_ttl", -1), ("max_memory_mb", "512"), ("redis_timeout", 0), ("compression_threshold", float("nan")),
        ("namespace", ""), ("namespace", "../x"), ("redis_sentinels", ("no-port",)), ("streamlit_max_entries", 0),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused(field: str, value: Any) -> None:
    with pytest.raises(WrongValue, match=f"{field}=.*allowed is"):
        CacheConfig(**{field: value})


def test_passwords_are_not_shown() -> None:
    assert "secret" not in repr(CacheConfig(redis_password="secret", signing_key="secret" * 6))


def test_a_cache_that_is_switched_off_keeps_nothing(tmp_path: Path) -> None:
    cache = CacheManager(CacheConfig(enabled=False, file_cache_dir=tmp_path))
    assert not cache.set("key", 1)
    assert cache.get("key", "computed") == "computed"
    assert cache.get_or_set("key", lambda: 2) == 2
    assert cache.get_stats() == ()
    assert list(tmp_path.iterdir()) == []


def test_other_namespaces_and_versions_are_apart(tmp_path: Path) -> None:
    def make(**fields: Any) -> CacheManager:
        return CacheManager(CacheConfig(file_cache_dir=tmp_path, max_memory_mb=0, **fields))

    make().set("key", 1)
    assert make().get("key") == 1
    assert make(version=2).get("key") is None
    assert make(namespace="other").get("key") is None


def test_a_program_without_settings_makes_a_key_that_only_its_user_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caching.signing._keys_of_django", lambda: ())
    CacheManager(CacheConfig(file_cache_dir=tmp_path)).set("key", 1)
    assert (tmp_path / "signing_key").stat().st_mode & 0o777 == 0o600
    assert CacheManager(CacheConfig(file_cache_dir=tmp_path)).get("key") == 1
    (tmp_path / "signing_key").unlink()
    assert CacheManager(CacheConfig(file_cache_dir=tmp_path)).get("key") is None


@pytest.mark.parametrize("mode", [0o640, 0o602])
def test_a_key_that_others_know_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    monkeypatch.setattr("caching.signing._keys_of_django", lambda: ())
    known = tmp_path / "signing_key"
    known.write_text("chosen by somebody else")
    known.chmod(mode)
    cache = CacheManager(CacheConfig(file_cache_dir=tmp_path))
    assert cache.shared.signer != Signer.of("chosen by somebody else")
    assert "is not of this user alone" in caplog.text
    assert cache.set("key", 1)
    assert cache.get("key") == 1


def test_a_key_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("caching.signing._keys_of_django", lambda: ())
    made = find_signer("", tmp_path)
    assert find_signer("", tmp_path) == made
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    with pytest.raises(PermissionError, match="is not of this user alone"):
        find_signer("", tmp_path)


def test_where_no_key_can_be_kept_the_cache_works_for_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("caching.signing._keys_of_django", lambda: ())
    (tmp_path / "in-the-way").write_text("")
    cache = CacheManager(CacheConfig(file_cache_dir=tmp_path / "in-the-way"))
    assert cache.set("key", 1)
    assert cache.get("key") == 1


def test_a_forked_child_works_with_the_parents_manager(tmp_path: Path) -> None:
    cache = CacheManager(CacheConfig(file_cache_dir=tmp_path))
    cache.set("key", 1)
    with cache._memory._lock:  # as another thread would at that moment
        child = os.fork()
        if child == 0:
            works = cache.set("key", 2) and cache.get("key") == 2
            os._exit(0 if works else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
