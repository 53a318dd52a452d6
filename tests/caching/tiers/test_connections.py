"""Redis behind Sentinels, as a cluster, and through django-redis: by configuration alone."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from pytest_django.fixtures import Settings

from caching import CacheManager
from tests import servers
from tests.alerts.channels.certificates import self_signed
from tests.caching.conftest import Make
from tests.caching.faults import until
from tests.caching.tls import tls_door
from tests.servers import Address

pytestmark = pytest.mark.once


@contextmanager
def running(directory: Path, *options: str) -> Iterator["redis.Redis"]:
    """A server without a password, on a free port, with these options; a client of it."""
    configuration = directory / "server.conf"
    configuration.touch()
    port = servers.free_port()
    command = [servers.valkey_program(), str(configuration), "--port", str(port), "--bind", "127.0.0.1", *options]
    with (
        subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL) as process,
        redis.Redis("127.0.0.1", port, retry=servers.ONCE) as client,
    ):
        try:
            until(lambda: servers.answers(client))
            yield client
        finally:
            process.kill()


def port_of(client: "redis.Redis") -> int:
    return int(client.connection_pool.connection_kwargs["port"])


def keeps_what_it_is_given(cache: CacheManager) -> None:
    values = {f"key-{number}": number for number in range(50)}
    assert cache.set_many(values, tags=["t"]) == []
    assert cache.get_many(values) == values
    assert cache.invalidate_pattern("key-1*") == 11
    assert cache.delete("key-2")
    assert len(cache.keys()) == 38
    assert cache.invalidate_tag("t")
    assert cache.get("key-3") is None
    assert cache.get_stats()[-1].errors == 0


def test_the_master_is_asked_of_the_sentinels(make: Make, tmp_path: Path, valkey_address: Address) -> None:
    with running(tmp_path, "--sentinel") as sentinel:
        host, port, password = valkey_address.host, valkey_address.port, valkey_address.password
        sentinel.execute_command("SENTINEL", "MONITOR", "cache", host, port, 1)
        sentinel.execute_command("SENTINEL", "SET", "cache", "auth-pass", password)
        keeps_what_it_is_given(
            make(
                "redis",
                redis_host="nowhere.invalid",
                redis_sentinels=(f"127.0.0.1:{port_of(sentinel)}",),
                redis_service="cache",
                redis_port=1,
                redis_password=password,
            )
        )


def test_the_new_master_is_asked_after_a_failover(make: Make, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second", "sentinel")]
    for folder in folders:
        folder.mkdir()
    first, second, sentinel = folders
    with running(first, "--save", "") as master, running(second, "--save", "") as replica:
        replica.replicaof("127.0.0.1", port_of(master))
        until(lambda: replica.info("replication")["master_link_status"] == "up")
        with running(sentinel, "--sentinel") as watcher:
            watcher.execute_command("SENTINEL", "MONITOR", "cache", "127.0.0.1", port_of(master), 1)
            until(lambda: watcher.execute_command("SENTINEL", "REPLICAS", "cache"))
            sentinels = (f"127.0.0.1:{port_of(watcher)}",)
            cache = make("redis", redis_host="", redis_port=1, redis_sentinels=sentinels, redis_service="cache")
            assert cache.set("key", "before") == []
            until(lambda: failed_over(watcher))
            until(lambda: master.role()[0] == b"slave" and replica.role()[0] == b"master")
            until(lambda: watcher.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "cache")[1] == port_text(replica))
            assert cache.set("key", "after") == []
            assert cache.get("key") == "after"
            assert cache.get_stats()[-1].errors == 0


def failed_over(watcher: "redis.Redis") -> bool:
    """The Sentinel refuses until it knows that the replica is in step."""
    try:
        return bool(watcher.execute_command("SENTINEL", "FAILOVER", "cache"))
    except redis.ResponseError:
        return False


def port_text(client: "redis.Redis") -> bytes:
    return str(port_of(client)).encode()


def test_a_cluster_keeps_keys_of_all_slots(make: Make, tmp_path: Path) -> None:
    bus = str(servers.free_port())  # by default its port plus 10 000, which may be none
    with running(tmp_path, "--cluster-enabled", "yes", "--cluster-port", bus, "--save", "") as node:
        node.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        until(lambda: b"cluster_state:ok" in node.execute_command("CLUSTER", "INFO"))
        keeps_what_it_is_given(
            make("redis", redis_cluster=True, redis_host="127.0.0.1", redis_port=port_of(node), redis_password=None)
        )


def test_connections_of_django_redis_are_used(make: Make, valkey_address: Address, settings: Settings) -> None:
    url = f"redis://:{valkey_address.password}@{valkey_address.host}:{valkey_address.port}/1"
    there: dict[str, Any] = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}
    settings.CACHES = settings.CACHES | {"elsewhere": there}
    cache = make("redis", redis_alias="elsewhere", redis_port=1)
    keeps_what_it_is_given(cache)
    with redis.Redis.from_url(url) as client:
        assert client.dbsize() > 0


def test_redis_is_spoken_to_by_tls_when_its_certificate_is_trusted(
    make: Make, tmp_path: Path, valkey_address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path, "localhost")
    with tls_door(certificate, valkey_address) as port:
        by_tls = {"redis_host": "localhost", "redis_port": port, "redis_ssl": True, "redis_connection_timeout": 60}
        stranger = make("redis", **by_tls, redis_password=valkey_address.password)
        assert not stranger.set("key", 1)
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.get_stats()[-1].reason
        stranger.close()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        cache = make("redis", **by_tls, redis_password=valkey_address.password)
        keeps_what_it_is_given(cache)
        cache.close()
