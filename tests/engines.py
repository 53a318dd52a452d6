"""The two environments that the suite runs in, as variables for the settings."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import postgresql, valkey

ENGINES = ("sqlite", "postgresql")


@contextmanager
def environment(engine: str) -> Iterator[dict[str, str]]:
    """Yields the variables of ``engine`` with a state directory, and servers where it needs some, for this session.

    ``sqlite`` is the embedded default: SQLite and Celery's file system broker. ``postgresql`` comes with Valkey.
    """
    with tempfile.TemporaryDirectory(prefix="ahgd-ops-tests-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        variables = {
            "DJANGO_SETTINGS_MODULE": "ahgd_ops.settings",
            "AHGD_ENVIRONMENT": "testing",
            "AHGD_STATE_DIR": str(directory / "state"),
        }
        if engine == "sqlite":
            yield variables
            return
        os.chmod(directory, 0o711)  # noqa: S103 - as root, PostgreSQL runs as nobody and has to pass
        with postgresql(directory / "pg") as database_url, valkey(directory / "valkey") as address:
            yield variables | {
                "DATABASE_URL": database_url,
                "AHGD_REDIS_ENABLED": "true",
                "AHGD_REDIS_HOST": address.host,
                "AHGD_REDIS_PORT": str(address.port),
                "AHGD_REDIS_PASSWORD": address.password,
            }


def forget_environment() -> None:
    """Removes what a developer has set for a console of their own; a test session starts from the defaults."""
    for name in [name for name in os.environ if name.startswith("AHGD_") or name == "DATABASE_URL"]:
        del os.environ[name]
