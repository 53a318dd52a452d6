import pytest
import redis
from django.db import connection

from tests.servers import ONCE, Address


@pytest.mark.django_db
def test_the_database_is_the_one_that_was_asked_for(pytestconfig: pytest.Config) -> None:
    assert connection.vendor == pytestconfig.getoption("engine")


@pytest.mark.django_db
def test_sqlite_keeps_a_write_ahead_log_as_the_console_does() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_valkey_answers_those_who_know_its_password(valkey_address: Address) -> None:
    with redis.Redis(valkey_address.host, valkey_address.port, password=valkey_address.password) as client:
        assert client.ping()
    with (
        redis.Redis(valkey_address.host, valkey_address.port, retry=ONCE) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()
