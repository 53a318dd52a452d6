"""``ProductionConfig``: what the console is told from outside, read once and checked at start."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from ahgd_ops.variables import VARIABLES, Limits
from caching.config import CacheConfig
from caching.environment import WrongValue, check, read
from caching.variables import FIELDS

PROJECT_DIR = Path(__file__).resolve().parent.parent
STATE_HOME = (
    PROJECT_DIR if (PROJECT_DIR / "manage.py").is_file() else Path.cwd()
)  # installed, it has no place of its own


PRIVATE_NETWORKS = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionConfig:
    """Settings of one deployment; names and defaults of the guide stay valid as keywords.

    Units are in the names: ``_mb`` is MiB, ``_percent`` is 0 to 100, ``_seconds`` and ``_hours`` are durations.
    Raises ``WrongValue`` with one line when a value is not allowed.
    """

    environment: str = "production"
    debug_mode: bool = False
    log_level: str = "WARNING"
    state_dir: Path = STATE_HOME / "var"
    secret_key: str = field(default="", repr=False)
    field_key: str = field(default="", repr=False)
    field_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    instance: str = field(default_factory=socket.gethostname)
    admin_password: str = field(default="", repr=False)

    public_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    bind: str = "127.0.0.1"
    port: int = 8503
    trusted_proxies: tuple[str, ...] = ()
    health_endpoint_enabled: bool = True
    health_endpoint_port: int = 8502
    readiness_check_enabled: bool = True
    liveness_check_enabled: bool = True
    metrics_allow: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    target_allow: tuple[str, ...] = PRIVATE_NETWORKS
    webhook_allow: tuple[str, ...] = ()
    chat_allow: tuple[str, ...] = ()
    push_max_kb: int = 1024
    push_per_minute: int = 240
    heartbeat_url: str = field(default="", repr=False)

    readiness_checks: tuple[str, ...] = ("draining", "database", "migrations")
    health_limits: tuple[Limits, ...] = ()
    application_url: str = ""
    data_dirs: tuple[Path, ...] = ()
    data_files: tuple[str, ...] = ("*sa2*.parquet", "*aihw*.parquet", "*phidu*.parquet", "*seifa*.parquet")
    health_retention_days: int = 730

    database_url: str = field(default="", repr=False)
    cache_redis_enabled: bool = False
    cache_redis_host: str = "localhost"
    cache_redis_port: int = 6379
    cache_redis_db: int = 0
    cache_redis_password: str = field(default="", repr=False)
    cache_redis_ssl: bool = False
    cache_redis_sentinels: tuple[str, ...] = ()
    cache_redis_service: str = "mymaster"
    cache_redis_cluster: bool = False
    db_connection_pool_size: int = 10
    db_query_cache_ttl: int = 3600
    db_enable_wal_mode: bool = True

    enable_performance_monitoring: bool = True
    enable_caching: bool = True
    enable_query_optimization: bool = True
    enable_health_checks: bool = True
    enable_alerting: bool = True

    max_memory_mb: int = 2048
    max_cpu_percent: float = 80
    cache_max_memory_mb: int = 512
    cache_file_enabled: bool = True
    cache_max_file_mb: int = 1024
    cache_file_dir: Path | str = ""
    cache_default_ttl: float = 3600
    cache_max_staleness: float = 1
    cache_signing_key: str = field(default="", repr=False)
    gc_frequency_seconds: int = 300
    slow_query_ms: float = 500
    repeated_queries: int = 10
    session_cleanup_enabled: bool = True
    session_max_age_hours: int = 24
    metrics_retention_hours: int = 45 * 24
    hourly_retention_days: int = 730
    seal_after_minutes: int = 60
    alert_retention_hours: int = 365 * 24
    web_workers: int = 1
    web_threads: int = 8
    worker_threads: int = 6

    collect_seconds: int = 10
    evaluate_seconds: int = 10
    evaluate_lease_seconds: float = 18
    health_check_interval_seconds: int = 30
    flush_seconds: float = 5
    host_lease_seconds: float = 30
    send_seconds: float = 10
    lease_seconds: float = 45
    retry_seconds: tuple[float, ...] = (0, 10, 60, 300)
    escalation_late_seconds: int = 120
    probe_seconds: float = 30
    fallback_seconds: float = 300
    stop_seconds: float = 15

    alert_email_enabled: bool = False
    alert_email_recipients: tuple[str, ...] = ()
    alert_webhook_enabled: bool = False
    alert_webhook_urls: tuple[str, ...] = field(default=(), repr=False)
    alert_file_dirs: tuple[Path, ...] = ()
    global_rate_limit: int = 100
    rate_limit_window_minutes: int = 60
    aggregation_enabled: bool = True
    aggregation_gather_seconds: float = 30
    aggregation_window_minutes: float = 5
    smtp_host: str = ""
    smtp_port: int = 587
    smtp_username: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_tls: str = "starttls"
    smtp_from: str = "ahgd-ops@localhost"

    def __post_init__(self) -> None:
        for variable in VARIABLES:
            value = getattr(self, variable.field)
            if isinstance(value, list):  # the guide's keywords; a frozen value holds no list
                value = tuple(value)
                object.__setattr__(self, variable.field, value)
            if value not in ("", ()):  # which stand for unset
                check(variable, value)
        most = 60 * self.metrics_retention_hours
        if self.seal_after_minutes > most:
            hint = f"allowed is up to AHGD_METRICS_RETENTION_HOURS, which is {most} minutes"
            raise WrongValue(f"AHGD_SEAL_AFTER_MINUTES={self.seal_after_minutes}: {hint}")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The configuration that ``environ`` describes; unset variables keep the defaults above."""
        values: dict[str, Any] = read(VARIABLES, environ)
        if "alert_webhook_urls" in values:
            values.setdefault("alert_webhook_enabled", True)
        return cls(**values)

    @property
    def serves_tls(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def origin(self) -> str:
        """Scheme, host and port that links in messages start with; no trailing slash."""
        return self.public_url.rstrip("/") or f"http://localhost:{self.port}"

    @property
    def cache(self) -> CacheConfig:
        """The cache's part; its files are in the state directory unless another one is named."""
        values = {name: getattr(self, variable.field) for variable, name in FIELDS.items()}
        values["file_cache_dir"] = self.cache_file_dir or self.state_dir / "cache"
        values["redis_password"] = self.cache_redis_password or None
        return CacheConfig(**values)

    @property
    def redis_url(self) -> str:
        """Address without the password, safe to show; clients get the password on its own."""
        scheme = "rediss" if self.cache_redis_ssl else "redis"
        return f"{scheme}://{self.cache_redis_host}:{self.cache_redis_port}/{self.cache_redis_db}"
