import pytest
from django.db import connection


@pytest.mark.django_db
def test_a_frozen_or_unreachable_peer_on_postgresql_is_given_up_within_half_a_minute() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW idle_in_transaction_session_timeout")
            assert cursor.fetchone() == ("30s",)
        told = connection.connection.info.get_parameters()
        assert [told[name] for name in ("keepalives_idle", "keepalives_interval", "keepalives_count")] == [
            "10",
            "5",
            "3",
        ]
