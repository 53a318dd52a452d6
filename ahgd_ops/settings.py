"""Django settings, derived from ``ProductionConfig``: the environment is read there and nowhere else.

One file, though a long one: whoever looks for a setting of Django looks here.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from ahgd_ops.config import PROJECT_DIR, ProductionConfig
from ahgd_ops.state import prepare_state_dir, secret_key
from caching.environment import WrongValue

try:
    CONFIG = ProductionConfig.from_environment()
    prepare_state_dir(CONFIG.state_dir)
    SECRET_KEY = CONFIG.secret_key or secret_key(CONFIG.state_dir)
except WrongValue as wrong:
    raise SystemExit(f"ahgd-ops: {wrong}") from None

DEBUG = CONFIG.debug_mode
STATE_DIR = CONFIG.state_dir
INSTANCE = CONFIG.instance
FIELD_KEY = CONFIG.field_key or SECRET_KEY
FIELD_KEY_FALLBACKS = CONFIG.field_key_fallbacks
_ASSETS = PROJECT_DIR if (PROJECT_DIR / "templates").is_dir() else Path(__file__).resolve().parent  # in a wheel

INSTALLED_APPS = [
    "ahgd_ops",
    "alerts",
    "monitoring",
    "caching",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "auditlog",
    "simple_history",
    "axes",
    "csp",
    "django_celery_beat",
    "django_prometheus",
    "health_check",
]
MIDDLEWARE = [
    "monitoring.middleware.ProbeMiddleware",  # first: probes carry a pod's address as Host, over plain HTTP
    "monitoring.middleware.RequestMiddleware",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "ahgd_ops.access.proxies.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "ahgd_ops.access.https.HttpsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "ahgd_ops.access.away.AwayMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "caching.middleware.SessionScope",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ahgd_ops.access.tokens.TokenMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "ahgd_ops.urls"
WSGI_APPLICATION = "ahgd_ops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [_ASSETS / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Stores ---------------------------------------------------------------------------------------------------------------

_JOURNAL = "PRAGMA journal_mode=WAL; " if CONFIG.db_enable_wal_mode else ""
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # a write transaction that begins as a read fails at once under contention
    "timeout": 20,
    # A chunk of samples takes a quarter to half of a usual page, and leaves much of it empty; a database that is there
    # already keeps its pages.
    "init_command": "PRAGMA page_size=8192; "
    + _JOURNAL
    + "PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-8000;",
}
POSTGRESQL_OPTIONS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # ms; a network that swallows everything would hold a thread for a quarter of an hour
    "keepalives_idle": 10,  # s; who waits for a peer that is gone would learn it after two hours
    "keepalives_interval": 5,  # s
    "keepalives_count": 3,
    "options": "-c idle_in_transaction_session_timeout=30s",  # a process that froze would hold its locks for ever
    # Gives up on a lost database soon, so that the next request tries at once instead of after a growing wait.
    "pool": {"min_size": 0, "max_size": CONFIG.db_connection_pool_size, "timeout": 10, "reconnect_timeout": 3},
}
DATABASES = {
    "default": dj_database_url.parse(
        CONFIG.database_url or f"sqlite:///{STATE_DIR / 'ops.sqlite3'}",
        conn_health_checks=True,  # a pooled connection may be of a server that has restarted since
    )
}
DATABASES["default"]["OPTIONS"] = (
    SQLITE_OPTIONS if DATABASES["default"]["ENGINE"].endswith("sqlite3") else POSTGRESQL_OPTIONS
)
if CONFIG.enable_performance_monitoring:  # django_db_* of /metrics; 16 us a statement
    _VENDOR = DATABASES["default"]["ENGINE"].rpartition(".")[2]
    DATABASES["default"]["ENGINE"] = f"django_prometheus.db.backends.{_VENDOR}"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHE_CONFIG = CONFIG.cache
_CACHE = "ahgd_ops.measured_cache.MeasuredCache"  # django_cache_* of /metrics
if not CONFIG.enable_performance_monitoring:
    _CACHE = "caching.backends.TieredCache"
CACHES = {"default": {"BACKEND": _CACHE, "KEY_PREFIX": "django"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"

# People ---------------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/ops/"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_NAME = "ahgd_ops_session"
SESSION_COOKIE_AGE = CONFIG.session_max_age_hours * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "ahgd_ops_csrf"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_IPWARE_PROXY_COUNT = 0

SIMPLE_HISTORY_REVERT_DISABLED = True  # an old version is shown; what to do with it is for the form
AUDITLOG_MASK_CALLABLE = "ahgd_ops.masking.masked"
AUDITLOG_INCLUDE_TRACKING_MODELS = (
    {"model": "auth.User", "exclude_fields": ["last_login"], "mask_fields": ["password"], "m2m_fields": ["groups"]},
    {"model": "auth.Group", "m2m_fields": ["permissions"]},
    {"model": "ahgd_ops.ApiToken", "mask_fields": ["digest"], "exclude_fields": ["last_used_at"]},
    {
        "model": "ahgd_alerts.Rule",
        "m2m_fields": ["channels"],
        "exclude_fields": ["broken_reason", "revision", "updated_at"],
    },
    {"model": "ahgd_alerts.Case"},
    {"model": "ahgd_alerts.EscalationPolicy", "exclude_fields": ["updated_at"]},
    {"model": "ahgd_alerts.EscalationStep", "m2m_fields": ["channels"]},
    {"model": "ahgd_alerts.Channel", "mask_fields": ["secret", "settings"], "exclude_fields": ["updated_at"]},
    {"model": "ahgd_alerts.Silence"},
    {"model": "ahgd_alerts.MaintenanceWindow", "exclude_fields": ["updated_at"]},
    {"model": "ahgd_monitoring.Metric"},
    {"model": "ahgd_monitoring.MetricSnapshot", "exclude_fields": ["sketch"]},
    {"model": "ahgd_monitoring.ExcludedInterval"},
    {"model": "ahgd_monitoring.Hold"},
    {
        "model": "ahgd_monitoring.WatchedCheck",
        "mask_fields": ["target"],  # the query of an address may hold a token
        "exclude_fields": ["tried_at", "tried_status", "tried_message"],
    },
    {"model": "ahgd_monitoring.CollectorState", "include_fields": ["enabled", "every_seconds"]},
    {
        "model": "django_celery_beat.PeriodicTask",
        "exclude_fields": ["last_run_at", "total_run_count", "date_changed"],
    },
    "django_celery_beat.IntervalSchedule",
)

# The edge -------------------------------------------------------------------------------------------------------------

_PUBLIC_HOST = urlsplit(CONFIG.public_url).hostname
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", CONFIG.instance, *CONFIG.allowed_hosts]
ALLOWED_HOSTS += [_PUBLIC_HOST] if _PUBLIC_HOST else []
CSRF_TRUSTED_ORIGINS = ["{0.scheme}://{0.netloc}".format(urlsplit(CONFIG.public_url))] if CONFIG.public_url else []
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.serves_tls
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # no SECURE_SSL_REDIRECT: HttpsMiddleware redirects all but this machine
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # only a trusted proxy's: TrustedProxyMiddleware
SECURE_HSTS_SECONDS = 31536000 if CONFIG.serves_tls else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = CONFIG.serves_tls
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
CSRF_FAILURE_VIEW = "ahgd_ops.views.csrf_failure"

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [_ASSETS / "static"]
RUNBOOKS_DIR = _ASSETS / "docs" / "runbooks"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "ahgd_ops.static_storage.HashedStaticFilesStorage"},
}
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-au"
FORMAT_MODULE_PATH = "ahgd_ops.formats"
USE_I18N = False

# Mail, broker, logs ---------------------------------------------------------------------------------------------------

EMAIL_HOST = CONFIG.smtp_host
EMAIL_PORT = CONFIG.smtp_port
EMAIL_HOST_USER = CONFIG.smtp_username
EMAIL_HOST_PASSWORD = CONFIG.smtp_password
EMAIL_USE_TLS = CONFIG.smtp_tls == "starttls"
EMAIL_USE_SSL = CONFIG.smtp_tls == "ssl"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = CONFIG.smtp_from

BROKER_DIR = STATE_DIR / "broker"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any]
if CONFIG.cache_redis_enabled:
    _AUTH = f"://:{quote(CONFIG.cache_redis_password, safe='')}@" if CONFIG.cache_redis_password else "://"
    CELERY_BROKER_URL = CONFIG.redis_url.replace("://", _AUTH, 1)  # kombu reads a password nowhere else
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 5}
else:
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "ahgd_ops.processes.whole_files:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "messages"),
        "data_folder_out": str(BROKER_DIR / "messages"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.2,
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "monitoring.collect": {"queue": "collect"},
    "monitoring.check_health": {"queue": "collect"},
    "alerts.evaluate": {"queue": "evaluate"},
    "alerts.deliver": {"queue": "deliver"},
    "alerts.escalate": {"queue": "deliver"},
    "alerts.repeat": {"queue": "deliver"},
    "alerts.beat": {"queue": "deliver"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SYNC_EVERY = 1  # what beat has sent is written at once, not every 3 min: its sign of life
DJANGO_CELERY_BEAT_TZ_AWARE = True

# Health and metrics ---------------------------------------------------------------------------------------------------

HEALTH_CHECKS = (
    "monitoring.health.checks.Database",
    "monitoring.health.checks.Migrations",
    "monitoring.health.databases.QueryPerformance",
    "monitoring.health.databases.Integrity",
    "monitoring.health.signs.Beat",
    "monitoring.health.signs.Worker",
    "alerts.health.Evaluation",
    "alerts.health.Outbox",
    "alerts.health.Escalation",
    "alerts.health.Telling",
    "monitoring.health.checks.Memory",
    "monitoring.health.checks.Cpu",
    "monitoring.health.checks.Disk",
    "monitoring.health.processes.ProcessMemory",
    "monitoring.health.processes.FileHandles",
    "monitoring.health.stores.Broker",
    "monitoring.health.stores.CacheTiers",
    "monitoring.health.remote.Application",
    "monitoring.health.remote.OwnCertificate",
    "monitoring.health.sessions.SessionState",
    "monitoring.health.data.checks.DataFiles",
    "monitoring.health.data.checks.DataFreshness",
    ("monitoring.health.data.checks.DataQuality", {"rules": {name: {"rows": [1, None]} for name in CONFIG.data_files}}),
)
DATA_UPLOAD_MAX_MEMORY_SIZE = max(2_621_440, CONFIG.push_max_kb * 1024)  # Django's own, unless pushes may be larger
PROBE_SCOPES = "ahgd_ops.access.probes.scopes_of"
EXPOSITION_COLLECTORS = ("alerts.exposition.AlertsCollector",)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": CONFIG.log_level},
    "loggers": {"ahgd_ops.alerts": {"level": "INFO"}},  # the log channel speaks whatever the level
}
PROMETHEUS_EXPORT_MIGRATIONS = False
if CONFIG.web_workers > 1:  # their counts meet in files; prometheus_client looks at its import, before the apps
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(STATE_DIR / "prometheus"))
