"""Every environment variable of the console, as one table; ``docs/reference/configuration.md`` is compared with it."""

from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from caching import variables as cache
from caching.environment import (
    ADDRESSES,
    FLAG,
    HOSTNAME,
    LIST,
    NETWORKS,
    PORT,
    TEXT,
    URL,
    URLS,
    Reader,
    Variable,
    number,
    numbers,
    one_of,
    whole,
)
from monitoring import environment as recording

ENVIRONMENTS = ("production", "staging", "development", "testing")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


KEY = Reader("at least 32 characters", str, lambda value: len(str(value)) >= 32)
KEYS = Reader(
    "keys of at least 32 characters separated by commas",
    LIST.parse,
    lambda values: all(KEY.accepts(value) for value in values),
)
DIRECTORIES = Reader(
    "absolute paths of directories separated by commas",
    lambda text: tuple(Path(part) for part in LIST.parse(text)),
    lambda values: all(isinstance(path, Path) and path.is_absolute() and ".." not in path.parts for path in values),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """From where on a check warns and is critical, in the unit of the check's own limits.

    Which has to be the larger one only the check knows: days that are left run down (``ahgd_ops.checks``).
    """

    check: str
    warning: float
    critical: float


def _limits(text: str) -> tuple[Limits, ...]:
    """Raises ValueError."""
    pairs = (part.partition("=") for part in LIST.parse(text))
    split = ((name.strip(), *both.split("/")) for name, _, both in pairs)
    return tuple(Limits(name, float(warning), float(critical)) for name, warning, critical in split)


LIMITS = Reader(
    "checks with their limits, such as memory=75/85,disk=80/90",
    _limits,
    lambda values: all(
        isinstance(one, Limits) and one.check and isfinite(one.warning + one.critical) for one in values
    ),
)
WAITS = numbers(0, 86400, of="seconds")

VARIABLES = (
    # The process
    Variable("AHGD_ENVIRONMENT", "environment", one_of(*ENVIRONMENTS), "Where this runs; production adds its rules."),
    Variable("AHGD_DEBUG", "debug_mode", FLAG, "Django's debug pages. Never in production."),
    Variable("AHGD_LOG_LEVEL", "log_level", one_of(*LOG_LEVELS), "Least severity that is logged."),
    recording.STATE_DIR,
    Variable("AHGD_SECRET_KEY", "secret_key", KEY, "Signs sessions; made in the state directory when unset.", True),
    Variable("AHGD_FIELD_KEY", "field_key", KEY, "Encrypts channel secrets; the secret key when unset.", True),
    Variable("AHGD_FIELD_KEY_FALLBACKS", "field_key_fallbacks", KEYS, "Former keys, until secrets are rotated.", True),
    recording.INSTANCE,
    Variable("AHGD_ADMIN_PASSWORD", "admin_password", TEXT, "Password of the first administrator, `admin`.", True),
    # Addresses
    Variable("AHGD_PUBLIC_URL", "public_url", URL, "Where people reach the console: links, cookies, CSRF."),
    Variable("AHGD_ALLOWED_HOSTS", "allowed_hosts", LIST, "More host names the console answers to."),
    Variable("AHGD_BIND", "bind", HOSTNAME, "Address the console listens on; 0.0.0.0 in a container."),
    Variable("AHGD_PORT", "port", PORT, "Port of the console."),
    Variable("AHGD_TRUSTED_PROXIES", "trusted_proxies", NETWORKS, "Proxies whose X-Forwarded headers are believed."),
    Variable("AHGD_HEALTH_ENDPOINT", "health_endpoint_enabled", FLAG, "Also serve /health and /metrics apart."),
    Variable("AHGD_HEALTH_PORT", "health_endpoint_port", PORT, "Port that serves /health* and /metrics only."),
    Variable("AHGD_METRICS_ALLOW", "metrics_allow", NETWORKS, "Who may read /metrics without a token."),
    Variable("AHGD_TARGET_ALLOW", "target_allow", NETWORKS, "Networks that checks and scrapes may reach."),
    Variable("AHGD_WEBHOOK_ALLOW", "webhook_allow", LIST, "Hosts or networks webhooks may reach though not public."),
    Variable(
        "AHGD_CHAT_ALLOW", "chat_allow", LIST, "Hosts that chat channels may name, with a port where not the usual."
    ),
    Variable("AHGD_PUSH_MAX_KB", "push_max_kb", whole(1, 102400), "Size of one body sent to /api/metrics, KiB."),
    Variable("AHGD_PUSH_PER_MINUTE", "push_per_minute", whole(1, 100000), "Bodies that one token may send a minute."),
    Variable("AHGD_HEARTBEAT_URL", "heartbeat_url", URL, "Fetched after each good evaluation cycle.", True),
    # Stores
    recording.DATABASE,
    cache.REDIS,
    cache.REDIS_HOST,
    cache.REDIS_PORT,
    cache.REDIS_DB,
    cache.REDIS_PASSWORD,
    cache.REDIS_SSL,
    cache.REDIS_SENTINELS,
    cache.REDIS_SERVICE,
    cache.REDIS_CLUSTER,
    Variable("AHGD_DB_POOL_SIZE", "db_connection_pool_size", whole(1, 500), "PostgreSQL connections per process."),
    Variable(
        "AHGD_DB_QUERY_CACHE_TTL",
        "db_query_cache_ttl",
        whole(0, 31536000),
        "Seconds query results are kept.",
        used_from="Queries",
    ),
    recording.WAL,
    # Capabilities
    recording.ENABLED,
    cache.CACHING,
    Variable("AHGD_QUERY_OPTIMIZATION", "enable_query_optimization", FLAG, "Use the query tools.", used_from="Queries"),
    Variable("AHGD_HEALTH_CHECKS", "enable_health_checks", FLAG, "Run the health checks."),
    Variable("AHGD_ALERTING", "enable_alerting", FLAG, "Judge rules and send notifications."),
    # Limits
    Variable("AHGD_MAX_MEMORY_MB", "max_memory_mb", whole(64, 1048576), "Memory limit of a process, MiB."),
    Variable("AHGD_MAX_CPU_PERCENT", "max_cpu_percent", number(1, 100), "CPU limit of the production rules."),
    cache.MEMORY_MB,
    cache.FILE,
    cache.FILE_MB,
    cache.FILE_DIR,
    cache.TTL,
    cache.STALENESS,
    cache.SIGNING_KEY,
    Variable(
        "AHGD_GC_SECONDS",
        "gc_frequency_seconds",
        whole(1, 86400),
        "Seconds between forced collections.",
        used_from="Production",
    ),
    recording.SLOW_QUERY,
    recording.REPEATED_QUERIES,
    Variable("AHGD_SESSION_CLEANUP", "session_cleanup_enabled", FLAG, "Delete expired sessions."),
    Variable("AHGD_SESSION_MAX_AGE_HOURS", "session_max_age_hours", whole(1, 8760), "Hours a sign-in lasts."),
    Variable("AHGD_METRICS_RETENTION_HOURS", "metrics_retention_hours", whole(3, 876000), "Hours samples are kept."),
    Variable("AHGD_HOURLY_RETENTION_DAYS", "hourly_retention_days", whole(1, 36500), "Days sums of hours are kept."),
    Variable("AHGD_SEAL_AFTER_MINUTES", "seal_after_minutes", whole(1, 10080), "Minutes samples stay single rows."),
    Variable("AHGD_ALERT_RETENTION_HOURS", "alert_retention_hours", whole(1, 876000), "Hours alerts are kept."),
    Variable("AHGD_WEB_WORKERS", "web_workers", whole(1, 64), "Web processes."),
    Variable("AHGD_WEB_THREADS", "web_threads", whole(1, 128), "Threads of a web process."),
    Variable("AHGD_WORKER_THREADS", "worker_threads", whole(1, 128), "Threads of a worker."),
    # Intervals
    recording.COLLECT,
    Variable("AHGD_EVALUATE_SECONDS", "evaluate_seconds", whole(1, 3600), "Evaluation interval of the first start."),
    Variable(
        "AHGD_EVALUATE_LEASE_SECONDS",
        "evaluate_lease_seconds",
        number(1, 3600),
        "Seconds after which another evaluator replaces one that died.",
    ),
    Variable("AHGD_HEALTH_SECONDS", "health_check_interval_seconds", whole(1, 3600), "Health checks' first interval."),
    recording.FLUSH,
    recording.HOST_LEASE,
    Variable("AHGD_SEND_SECONDS", "send_seconds", number(0.1, 60), "Seconds one attempt to deliver may take in all."),
    Variable("AHGD_LEASE_SECONDS", "lease_seconds", number(0, 3600), "Seconds a delivery may take before another."),
    Variable("AHGD_RETRY_SECONDS", "retry_seconds", WAITS, "Waits between attempts; the last one repeats."),
    Variable(
        "AHGD_ESCALATION_LATE_SECONDS",
        "escalation_late_seconds",
        whole(1, 86400),
        "Seconds an escalation step may be late before that is a fault.",
    ),
    Variable(
        "AHGD_PROBE_SECONDS", "probe_seconds", number(0.1, 3600), "Seconds between probes of an unhealthy channel."
    ),
    Variable(
        "AHGD_FALLBACK_SECONDS", "fallback_seconds", number(0, 86400), "Unhealthy for so long, its fallback is told."
    ),
    Variable("AHGD_STOP_SECONDS", "stop_seconds", number(0.1, 600), "Seconds a process gets to finish after TERM."),
    # Health
    Variable("AHGD_READINESS_CHECKS", "readiness_checks", LIST, "What makes `/health/ready` a 503 while it is bad."),
    Variable("AHGD_HEALTH_LIMITS", "health_limits", LIMITS, "Limits of checks instead of their own."),
    Variable("AHGD_APPLICATION_URL", "application_url", URL, "The watched application, checked over HTTP."),
    Variable("AHGD_DATA_DIRS", "data_dirs", DIRECTORIES, "Directories of data files; switches their checks on."),
    Variable("AHGD_DATA_FILES", "data_files", LIST, "Names or patterns of the data files that have to be there."),
    Variable("AHGD_HEALTH_RETENTION_DAYS", "health_retention_days", whole(1, 36500), "Days of transitions and uptime."),
    # Telling
    Variable("AHGD_ALERT_EMAIL", "alert_email_enabled", FLAG, "Seeds the e-mail channel as enabled."),
    Variable("AHGD_ALERT_EMAIL_RECIPIENTS", "alert_email_recipients", ADDRESSES, "Seeds the e-mail recipients."),
    Variable("AHGD_ALERT_WEBHOOK", "alert_webhook_enabled", FLAG, "Seeds the webhook channels as enabled."),
    Variable("AHGD_ALERT_WEBHOOK_URLS", "alert_webhook_urls", URLS, "Seeds one webhook channel each; trusted.", True),
    Variable("AHGD_ALERT_FILE_DIRS", "alert_file_dirs", DIRECTORIES, "Where file channels may write by absolute path."),
    Variable(
        "AHGD_ALERT_LIMIT", "global_rate_limit", whole(0, 100000), "Messages a channel hears in the window; 0: any."
    ),
    Variable("AHGD_ALERT_LIMIT_MINUTES", "rate_limit_window_minutes", whole(1, 1440), "Window of that limit, minutes."),
    Variable("AHGD_ALERT_AGGREGATION", "aggregation_enabled", FLAG, "Gather alerts of a group into one message."),
    Variable(
        "AHGD_ALERT_GATHER_SECONDS",
        "aggregation_gather_seconds",
        number(0, 3600),
        "Seconds in which those that follow the first of a group are gathered.",
    ),
    Variable(
        "AHGD_ALERT_AGGREGATION_MINUTES",
        "aggregation_window_minutes",
        number(0, 1440),
        "Minutes between later messages of a group.",
    ),
    Variable("AHGD_SMTP_HOST", "smtp_host", HOSTNAME, "Mail server."),
    Variable("AHGD_SMTP_PORT", "smtp_port", PORT, "Mail server's port."),
    Variable("AHGD_SMTP_USERNAME", "smtp_username", TEXT, "User at the mail server."),
    Variable("AHGD_SMTP_PASSWORD", "smtp_password", TEXT, "Password at the mail server.", True),
    Variable("AHGD_SMTP_TLS", "smtp_tls", one_of("starttls", "ssl", "none"), "How mail is encrypted."),
    Variable("AHGD_SMTP_FROM", "smtp_from", TEXT, "Sender of mail."),
)
