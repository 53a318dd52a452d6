"""Earlier versions of a rule, as its history has them, and going back to one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction

from alerts.audit import audit
from alerts.models import Channel, EscalationPolicy, Rule
from alerts.rulefiles.document import SCALARS, RuleEntry
from alerts.rulefiles.importing import Change
from alerts.rulefiles.rows import Names, entry_of, store, stored, word_of


class VersionUnusable(Exception):
    """Says why a version cannot be gone back to."""


@dataclass(frozen=True, slots=True)
class Version:
    """``number`` is the id of its row in the history; ``by`` is empty for the console and for code."""

    number: int
    at: datetime
    by: str
    what: str
    row: Any


def versions(name: str) -> list[Version]:
    """Of the rule of this name, the newest first; of one that was deleted, too."""
    rule = Rule.objects.filter(name=name).first()
    rows = Rule.history.filter(name=name) if rule is None else Rule.history.filter(id=rule.pk)
    return [_version(row) for row in rows.select_related("history_user").order_by("-history_date", "-history_id")]


def find(name: str, number: int) -> Version:
    """Raises VersionUnusable."""
    found = next((one for one in versions(name) if one.number == number), None)
    if found is None:
        raise VersionUnusable(f"The rule {name} has no version {number}.")
    return found


def change_to(name: str, version: Version) -> Change:
    """What going back would change. Cases are no part of the history: they stay, as tests of what is restored."""
    before = next((entry_of(rule) for rule in stored([name])), None)
    cases = [] if before is None else before.cases
    return Change(_entry(version.row).model_copy(update={"name": name, "cases": cases}), before)


def restore(name: str, version: Version, actor: User | AnonymousUser | None = None) -> Rule:
    """Makes the rule what it was. Raises VersionUnusable when it refers to what is gone."""
    entry, names = change_to(name, version).entry, Names.known()
    missing = [*names.missing(entry)]
    if missing:
        raise VersionUnusable(f"Version {version.number} of {name} cannot be restored: {'; '.join(missing)}.")
    with transaction.atomic():
        rule = store(entry, names, "an earlier version", actor)
        audit(rule, f"restored version {version.number} of {version.at:%Y-%m-%d %H:%M:%S} UTC", actor)
    return rule


def _version(row: Any) -> Version:
    by = "" if row.history_user is None else row.history_user.get_username()
    return Version(row.history_id, row.history_date, by, row.get_history_type_display().lower(), row)


def _entry(row: Any) -> RuleEntry:
    return RuleEntry.model_construct(
        **{name: getattr(row, name) for name in SCALARS},
        severity=word_of(row.severity),
        worse_severity=word_of(row.worse_severity),
        owner_channel=_name_of(Channel, row.owner_channel_id),
        escalation_policy=_name_of(EscalationPolicy, row.escalation_policy_id),
        channels=sorted(_names(Channel, row.channels.values_list("channel_id", flat=True))),
        depends_on=sorted(_names(Rule, row.depends_on.values_list("to_rule_id", flat=True))),
    )


def _name_of(model: Any, pk: int | None) -> str | None:
    return None if pk is None else next(_names(model, [pk]))


def _names(model: Any, ids: Any) -> Iterator[str]:
    """A row that is gone has no name any more; its number stands for it, and is missed."""
    known = dict(model.objects.filter(pk__in=ids).values_list("pk", "name"))
    return (known.get(pk, f"deleted-{pk}") for pk in ids)
