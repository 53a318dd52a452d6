"""What a new console judges from its first minute: the guide's rules and its production set.

The rules are files as ``manage.py rules export`` writes them, with cases. Every rule is made once (``Seed`` remembers):
an edit, a disabled rule or a deleted one stays as people left it.
"""

from collections.abc import Iterator
from pathlib import Path
from string import Template

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from alerts import starter_channels, starter_policies
from alerts.models import Channel, Rule, Seed
from alerts.rulefiles.document import RuleEntry
from alerts.rulefiles.reading import read
from alerts.rulefiles.rows import filled, unstored_cases

MIB = 1024 * 1024
_FILES = Path(__file__).parent / "starters"


def default() -> list[RuleEntry]:
    """The guide's rules; ``for`` keeps a machine that is starting up from firing them."""
    return read((_FILES / "default.yaml").read_text(encoding="utf-8")).file.rules


def production(max_cpu_percent: float, max_memory_mb: int) -> list[RuleEntry]:
    """The guide's production set, with the limits of this deployment."""
    limits = {
        "max_cpu_percent": f"{max_cpu_percent:g}",
        "max_memory_mb": max_memory_mb,
        "most_bytes": round(0.8 * max_memory_mb * MIB),
    }
    text = Template((_FILES / "production.yaml").read_text(encoding="utf-8"))
    return read(text.substitute(limits)).file.rules


def starters() -> Iterator[RuleEntry]:
    yield from default()
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


def _make(starter: RuleEntry, channels: list[Channel]) -> bool:
    _, is_new = Seed.objects.get_or_create(key=f"rule:{starter.name}")
    if not is_new or Rule.objects.filter(name=starter.name).exists():
        return False
    rule = filled(Rule(seeded_from=starter_channels.STARTER_SET), starter)
    rule.runbook_url = runbook_url(starter.name)
    rule.save()
    rule.channels.set(channels)
    for case in unstored_cases(starter):
        case.rule = rule
        case.save()
    return True
