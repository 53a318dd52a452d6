"""What a new console judges from its first minute: the guide's rules and its production set.

Every rule is made once (``Seed`` remembers): an edit, a disabled rule or a deleted one stays as people left it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from alerts import starter_channels, starter_policies
from alerts.models import Channel, Rule, Seed, Severity

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Starter:
    """A rule as people first meet it; ``for_seconds`` keeps a machine that is starting up from firing it."""

    name: str
    condition: str
    severity: Severity
    cooldown_minutes: int
    message: str
    description: str
    for_seconds: int = 0


DEFAULT = (
    Starter(
        "high_cpu_usage",
        "name == 'cpu_usage_percent' and value > 80",
        Severity.HIGH,
        10,
        "CPU is at {value:.1f} % on {tags[instance]}",
        "The processor has been busy for two minutes. Look for a runaway query or page under Overview.",
        120,
    ),
    Starter(
        "critical_memory_usage",
        "name == 'memory_usage_percent' and value > 90",
        Severity.CRITICAL,
        5,
        "Memory is at {value:.1f} % on {tags[instance]}",
        "Memory is nearly used up; the kernel will end a process soon. Find the largest one and restart it.",
        120,
    ),
    Starter(
        "disk_almost_full",
        "name == 'disk_usage_percent' and value > 90",
        Severity.HIGH,
        60,
        "Disk {tags[mount]} is {value:.1f} % full on {tags[instance]}",
        "A disk fills up. Free space before the database can no longer write.",
        120,
    ),
    Starter(
        "slow_database_query",
        "name == 'db_query_duration_seconds' and value > 5",
        Severity.MEDIUM,
        15,
        "A database query took {value:.1f} s",
        "One query took more than five seconds. An index may be missing.",
    ),
    Starter(
        "health_check_failure",
        "health_check and status in ['critical', 'unknown']",
        Severity.HIGH,
        10,
        "{name} is {status}: {message}",
        "A health check has failed for two minutes. Its message says what it met.",
        120,
    ),
    Starter(
        "page_load_slow",
        "name == 'page_load_duration_seconds' and value > 10",
        Severity.MEDIUM,
        20,
        "Page {tags[page]} took {value:.1f} s",
        "A page took more than ten seconds to load.",
    ),
    Starter(
        "error_rate_high",
        "increase('function_errors_total', '5m') >= 5 and "
        "increase('function_errors_total', '5m') > 0.05 * increase('function_duration_seconds', '5m')",
        Severity.HIGH,
        15,
        "More than 5 % of the tracked calls of the last five minutes failed",
        "Functions that are tracked raise errors: at least five, and more than one call in twenty.",
    ),
)


def production(max_cpu_percent: float, max_memory_mb: int) -> tuple[Starter, ...]:
    """The guide's production set, with the limits of this deployment."""
    memory_bytes = round(0.8 * max_memory_mb * MIB)
    return (
        Starter(
            "high_cpu_sustained",
            f"name == 'cpu_usage_percent' and value > {max_cpu_percent:g}",
            Severity.HIGH,
            15,
            f"CPU is at {{value:.1f}} %, above this deployment's limit of {max_cpu_percent:g} %",
            "The processor has been above AHGD_MAX_CPU_PERCENT for five minutes.",
            300,
        ),
        Starter(
            "process_memory_limit",
            f"name == 'process_resident_memory_bytes' and value > {memory_bytes}",
            Severity.CRITICAL,
            5,
            f"{{tags[process]}} uses more than 80 % of its {max_memory_mb} MiB",
            "A process of the console nears AHGD_MAX_MEMORY_MB, where it is restarted.",
        ),
        Starter(
            "health_check_critical",
            "health_check and status == 'critical'",
            Severity.CRITICAL,
            15,
            "{name} is critical: {message}",
            "A health check has been critical for five minutes.",
            300,
        ),
        Starter(
            "database_slow_queries",
            "name == 'db_query_duration_seconds' and value > 10",
            Severity.HIGH,
            30,
            "A database query took {value:.1f} s",
            "One query took more than ten seconds: people are waiting.",
        ),
        Starter(
            "cache_hit_ratio_low",
            "name == 'cache_hit_ratio' and value < 0.5",
            Severity.MEDIUM,
            60,
            "Only {value:.0%} of look-ups in the {tags[tier]} tier were hits",
            "The cache helps little. Look at its limits and at the keys' lifetimes.",
            300,
        ),
    )


def starters() -> Iterator[Starter]:
    yield from DEFAULT
    if settings.CONFIG.environment == "production":
        yield from production(settings.CONFIG.max_cpu_percent, settings.CONFIG.max_memory_mb)


@transaction.atomic
def load() -> int:
    """Makes the channels and rules that were never made before; gives the number of rules made."""
    starter_channels.load()
    channels = list(Channel.objects.filter(seeded_from__gt=""))
    made = sum(_make(starter, channels) for starter in starters())
    starter_policies.load()
    return made


def runbook_url(name: str) -> str:
    """Where the console shows what to do about a starter rule."""
    return f"{settings.CONFIG.origin}{reverse('alerts:runbook', args=[name])}"


def _make(starter: Starter, channels: list[Channel]) -> bool:
    _, is_new = Seed.objects.get_or_create(key=f"rule:{starter.name}")
    if not is_new or Rule.objects.filter(name=starter.name).exists():
        return False
    rule = Rule.objects.create(
        name=starter.name,
        condition=starter.condition,
        severity=starter.severity,
        for_seconds=starter.for_seconds,
        cooldown_minutes=starter.cooldown_minutes,
        message_template=starter.message,
        description=starter.description,
        runbook_url=runbook_url(starter.name),
        seeded_from=starter_channels.STARTER_SET,
    )
    rule.channels.set(channels)
    return True
