"""Django for programs that have no settings of their own: a cron job, a notebook, a Streamlit script."""

import os
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from caching.environment import WrongValue, read
from monitoring.environment import PUSHING, VARIABLES

_CHECKOUT = Path(__file__).resolve().parent.parent
_lock = threading.RLock()


class Configuration(Protocol):
    """What recording needs of the console's ``ProductionConfig``."""

    @property
    def instance(self) -> str: ...
    @property
    def flush_seconds(self) -> float: ...
    @property
    def collect_seconds(self) -> int: ...
    @property
    def host_lease_seconds(self) -> float: ...
    @property
    def enable_performance_monitoring(self) -> bool: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingConfig:
    """The part of the console's configuration that a program which only records has."""

    state_dir: Path = _CHECKOUT / "var"
    instance: str = field(default_factory=socket.gethostname)
    database_url: str = field(default="", repr=False)
    db_enable_wal_mode: bool = True
    enable_performance_monitoring: bool = True
    collect_seconds: int = 10
    flush_seconds: float = 5
    host_lease_seconds: float = 30
    slow_query_ms: float = 500
    repeated_queries: int = 10
    push_url: str = ""
    push_token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if self.push_url and not self.push_token:
            raise WrongValue("AHGD_PUSH_URL needs AHGD_PUSH_TOKEN: an API token with the scope metrics:write")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Raises WrongValue with one line when a variable holds what it must not."""
        return cls(**read((*VARIABLES, *PUSHING), environ))


def setup(environ: Mapping[str, str] = os.environ) -> Configuration:
    """Makes recording work in this process, and gives its configuration.

    With settings (configured, or named by DJANGO_SETTINGS_MODULE) those count; else it connects to the console's
    database, as DATABASE_URL or AHGD_STATE_DIR say, or to none where AHGD_PUSH_URL names the console. Called again it
    does nothing. Raises WrongValue.
    """
    import django
    from django.apps import apps
    from django.conf import settings

    with _lock:
        if not settings.configured and "DJANGO_SETTINGS_MODULE" not in environ:
            config = RecordingConfig.from_environment(environ)
            settings.configure(
                CONFIG=config,
                INSTANCE=config.instance,
                INSTALLED_APPS=["monitoring"],
                DATABASES={} if config.push_url else {"default": database(config)},
                DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
                USE_TZ=True,
                TIME_ZONE="UTC",
            )
        if not apps.ready and not apps.loading:
            django.setup()
        found: Configuration = settings.CONFIG
        return found


def pushing() -> RecordingConfig | None:
    """The configuration of a process that pushes, so that it has no database; None for any other."""
    config = setup()
    return config if isinstance(config, RecordingConfig) and config.push_url else None


def database(config: RecordingConfig) -> dict[str, Any]:
    """The entry of ``DATABASES`` for the console's database."""
    url = urlsplit(config.database_url)
    if url.scheme in ("postgres", "postgresql"):
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.removeprefix("/")),
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": unquote(url.hostname or ""),
            "PORT": str(url.port or ""),
            "OPTIONS": {"connect_timeout": 5, **dict(parse_qsl(url.query))},
        }
    journal = "PRAGMA journal_mode=WAL; " if config.db_enable_wal_mode else ""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": unquote(url.path.removeprefix("/")) if config.database_url else str(config.state_dir / "ops.sqlite3"),
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": f"PRAGMA page_size=8192; {journal}PRAGMA synchronous=NORMAL;",  # as in ahgd_ops.settings
        },
    }
