"""Variables that programs without Django settings read, too; ``ahgd_ops.variables`` has these same rows."""

from caching.environment import FLAG, HOSTNAME, PATH, TEXT, URL, Reader, Variable, number, whole

_DATABASE_URL = Reader(
    "postgresql://user:password@host:port/name or sqlite:///path",
    str,
    lambda value: str(value).split(":", 1)[0] in ("sqlite", "postgres", "postgresql"),
)

STATE_DIR = Variable(
    "AHGD_STATE_DIR", "state_dir", PATH, "Where the embedded default keeps database, broker, keys and logs."
)
INSTANCE = Variable("AHGD_INSTANCE", "instance", HOSTNAME, "Name of this host in tags; the host's own name when unset.")
DATABASE = Variable(
    "DATABASE_URL", "database_url", _DATABASE_URL, "Database; SQLite in the state directory when unset.", True
)
WAL = Variable("AHGD_DB_WAL", "db_enable_wal_mode", FLAG, "Write-ahead log on SQLite.")
ENABLED = Variable("AHGD_PERFORMANCE_MONITORING", "enable_performance_monitoring", FLAG, "Collect and record metrics.")
COLLECT = Variable("AHGD_COLLECT_SECONDS", "collect_seconds", whole(1, 3600), "Collection interval of the first start.")
FLUSH = Variable("AHGD_FLUSH_SECONDS", "flush_seconds", number(0.1, 60), "Seconds between a recorder's flushes.")
HOST_LEASE = Variable(
    "AHGD_HOST_LEASE_SECONDS",
    "host_lease_seconds",
    number(1, 3600),
    "Seconds after which another process of a host measures and checks it, when the one that did was killed.",
)
SLOW_QUERY = Variable(
    "AHGD_SLOW_QUERY_MS", "slow_query_ms", number(0, 600000), "Milliseconds from which a query is listed as slow."
)
REPEATED_QUERIES = Variable(
    "AHGD_REPEATED_QUERIES", "repeated_queries", whole(2, 10000), "Executions within one request that are an N+1."
)
PUSH_URL = Variable("AHGD_PUSH_URL", "push_url", URL, "The console, where its database is not reached.")
PUSH_TOKEN = Variable("AHGD_PUSH_TOKEN", "push_token", TEXT, "An API token with the scope metrics:write.", True)

VARIABLES = (STATE_DIR, INSTANCE, DATABASE, WAL, ENABLED, COLLECT, FLUSH, HOST_LEASE, SLOW_QUERY, REPEATED_QUERIES)
PUSHING = (PUSH_URL, PUSH_TOKEN)
"""Of programs without settings only: a console does not push its own facts elsewhere."""
