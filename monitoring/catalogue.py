"""Every metric that the console knows by itself, as data; rules are checked against it."""

from dataclasses import dataclass

from monitoring.kinds import Kind


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric's name, kind, base unit, category, one sentence of help, and the tags its series carry."""

    name: str
    kind: Kind
    unit: str
    category: str
    help: str
    tags: tuple[str, ...] = ()


def _gauge(name: str, unit: str, category: str, text: str, *tags: str) -> Definition:
    return Definition(name, Kind.GAUGE, unit, category, text, tags)


def _counter(name: str, unit: str, category: str, text: str, *tags: str) -> Definition:
    return Definition(name, Kind.COUNTER, unit, category, text, tags)


def _timing(name: str, category: str, text: str, *tags: str) -> Definition:
    return Definition(name, Kind.TIMING, "seconds", category, text, tags)


CATALOGUE = (
    # The host
    _gauge("cpu_usage_percent", "percent", "system", "CPU in use, of the host or its limit."),
    _gauge("cpu_core_usage_percent", "percent", "system", "Use of one core.", "core"),
    _gauge("load_average", "", "system", "Processes that run or wait to, mean of 1, 5 and 15 minutes.", "minutes"),
    _gauge("memory_usage_percent", "percent", "system", "Memory in use, of the host or its limit."),
    _gauge("memory_available_bytes", "bytes", "system", "Memory that programs can still have without swapping."),
    _gauge("swap_usage_percent", "percent", "system", "Swap in use."),
    _gauge("disk_usage_percent", "percent", "system", "Space in use on a disk.", "mount"),
    _counter("disk_read_bytes_total", "bytes", "system", "Bytes read from a disk.", "device"),
    _counter("disk_written_bytes_total", "bytes", "system", "Bytes written to a disk.", "device"),
    _counter("network_received_bytes_total", "bytes", "system", "Bytes that came in.", "interface"),
    _counter("network_sent_bytes_total", "bytes", "system", "Bytes that went out.", "interface"),
    _gauge("open_files", "", "system", "Open files of all processes."),
    # Each process
    _gauge("process_resident_memory_bytes", "bytes", "process", "Resident memory of a process.", "process"),
    _gauge("process_threads", "threads", "process", "Threads of a process.", "process"),
    _gauge("process_open_fds", "", "process", "File handles that a process has open.", "process"),
    _counter("process_cpu_seconds_total", "seconds", "process", "Processor time a process has used.", "process"),
    _counter("process_gc_collections_total", "", "process", "Garbage collections.", "process", "generation"),
    # The application
    _timing("function_duration_seconds", "application", "How long functions took.", "function"),
    _counter("function_errors_total", "", "application", "Exceptions that left a function.", "function"),
    _timing("page_load_duration_seconds", "application", "How long pages took.", "page"),
    _counter("page_errors_total", "", "application", "Pages that failed.", "page"),
    _counter("page_requests_total", "", "application", "Requests by their answer.", "page", "method", "status"),
    # Databases
    _timing("db_query_duration_seconds", "database", "How long queries took, by their shape.", "query"),
    _counter("db_query_rows_total", "", "database", "Rows that queries gave or changed.", "query"),
    _counter("db_query_errors_total", "", "database", "Queries that failed.", "query"),
    _counter("db_repeated_queries_total", "", "database", "Queries repeated within a request (N+1).", "page", "query"),
    _gauge("db_pool_connections", "", "database", "Connections of a pool by state.", "database", "process", "state"),
    _gauge("db_pool_waiting", "", "database", "Requests that wait for a connection of a pool.", "database", "process"),
    # The cache
    _gauge("cache_hit_ratio", "ratio", "cache", "Share of look-ups that were hits.", "process", "tier"),
    _counter("cache_hits_total", "", "cache", "Look-ups that a tier answered.", "process", "tier"),
    _counter("cache_misses_total", "", "cache", "Look-ups that a tier could not answer.", "process", "tier"),
    _counter("cache_evictions_total", "", "cache", "Entries that made room for others.", "process", "tier"),
    _counter("cache_errors_total", "", "cache", "Failures of a tier; the next one answered.", "process", "tier"),
    _gauge("cache_entries", "", "cache", "Entries that a tier holds; hosts that share a Redis tell the same.", "tier"),
    _gauge(
        "cache_size_bytes", "bytes", "cache", "Bytes that a tier holds; hosts that share a Redis tell the same.", "tier"
    ),
    # Tasks
    _timing("celery_task_duration_seconds", "celery", "How long tasks took.", "task"),
    _counter("celery_task_failures_total", "", "celery", "Tasks that failed.", "task"),
    _counter("celery_task_retries_total", "", "celery", "Tasks that were put off and tried again.", "task"),
    _gauge("celery_queue_length", "", "celery", "Tasks that wait in a queue.", "queue"),
    _gauge("celery_workers", "", "celery", "Workers that run."),
    # People
    _gauge("active_sessions", "", "user", "Sign-ins that have not expired."),
    _counter("user_logins_total", "", "user", "Sign-ins."),
    _counter("user_logouts_total", "", "user", "Sign-outs."),
    _counter("user_login_failures_total", "", "user", "Sign-ins that were refused."),
    _counter("user_interactions_total", "", "user", "What people did.", "interaction", "component"),
    # The console itself
    _timing("ahgd_ops_flush_duration_seconds", "console", "How long a recorder's flush took."),
    _counter("ahgd_ops_samples_dropped_total", "", "console", "Samples lost while the database was away."),
    _counter("ahgd_ops_samples_refused_total", "", "console", "Values that were no finite numbers."),
    _counter("ahgd_ops_series_dropped_total", "", "console", "Values whose tags were beyond the limit.", "metric"),
    _counter("ahgd_ops_queries_dropped_total", "", "console", "Queries not counted, as too many came at once."),
    _gauge("ahgd_ops_cycle_age_seconds", "seconds", "console", "Time since a periodic task was last done.", "cycle"),
    _gauge("ahgd_ops_unread_rows", "", "console", "New rows that a reader, such as judging, has not read.", "reader"),
    _timing("ahgd_ops_cycle_duration_seconds", "console", "How long a periodic task worked.", "cycle"),
)
_BY_NAME = {definition.name: definition for definition in CATALOGUE}


def find(name: str) -> Definition | None:
    """The definition of a metric the console declares, or None for one that an application made up."""
    return _BY_NAME.get(name)
