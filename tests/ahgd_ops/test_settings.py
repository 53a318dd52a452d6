import json
import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.checkout import PROJECT_DIR

BACKENDS = """
import json
from ahgd_ops import settings
print(json.dumps([settings.DATABASES["default"]["ENGINE"], settings.CACHES["default"]["BACKEND"]]))
"""


def backends(**variables: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", BACKENDS],
        env={**os.environ, **variables}, cwd=PROJECT_DIR, capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    found: list[str] = json.loads(done.stdout)
    return found


def test_switched_off_monitoring_counts_neither_statements_nor_look_ups() -> None:
    engine, cache = backends(AHGD_PERFORMANCE_MONITORING="false")
    assert engine.startswith("django.db.backends.")
    assert cache == "caching.backends.TieredCache"


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
