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


CATALOGUE = (
    Definition("cpu_usage_percent", Kind.GAUGE, "percent", "system", "CPU in use, of the host or its limit."),
    Definition("memory_usage_percent", Kind.GAUGE, "percent", "system", "Memory in use, of the host or its limit."),
    Definition("disk_usage_percent", Kind.GAUGE, "percent", "system", "Space in use on a disk.", ("mount",)),
    Definition(
        "process_resident_memory_bytes", Kind.GAUGE, "bytes", "process", "Resident memory of a process.", ("process",)
    ),
    Definition("process_threads", Kind.GAUGE, "threads", "process", "Threads of a process.", ("process",)),
    Definition("db_query_duration_seconds", Kind.TIMING, "seconds", "database", "How long queries took.", ("query",)),
    Definition("page_load_duration_seconds", Kind.TIMING, "seconds", "application", "How long pages took.", ("page",)),
    Definition("cache_hit_ratio", Kind.GAUGE, "ratio", "cache", "Share of look-ups that were hits.", ("tier",)),
)
_BY_NAME = {definition.name: definition for definition in CATALOGUE}


def find(name: str) -> Definition | None:
    """The definition of a metric the console declares, or None for one that an application made up."""
    return _BY_NAME.get(name)
