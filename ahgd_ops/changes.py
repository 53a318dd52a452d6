"""The last changes people made, as the overview tells them, read from the audit log."""

from dataclasses import dataclass
from datetime import datetime

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

_VERBS = {
    LogEntry.Action.CREATE: "added",
    LogEntry.Action.UPDATE: "changed",
    LogEntry.Action.DELETE: "deleted",
}
_MOST_FIELDS = 3


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what to what: ``anna changed rule high_cpu_usage``, and which fields."""

    at: datetime
    actor: str
    verb: str
    kind: str
    name: str
    fields: str


def last(count: int) -> list[Change]:
    return [_change(entry) for entry in _entries().select_related("actor", "content_type")[:count]]


def latest_id() -> int | None:
    """Grows with each change; a page compares it to know whether to look again."""
    found: int | None = _entries().values_list("id", flat=True).first()
    return found


def _entries() -> QuerySet[LogEntry]:
    """What people changed, and did to alerts; sign-ins and what the console seeded are in the audit log only."""
    signing_in = Q(action=LogEntry.Action.ACCESS, content_type__app_label="auth")
    found: QuerySet[LogEntry] = LogEntry.objects.filter(actor__isnull=False).exclude(signing_in).order_by("-id")
    return found


def _change(entry: LogEntry) -> Change:
    kind = entry.content_type
    action = (entry.additional_data or {}).get("action") if entry.action == LogEntry.Action.ACCESS else None
    return Change(
        at=entry.timestamp,
        actor=entry.actor.get_username(),
        verb=str(action or _VERBS.get(entry.action, "looked at")),
        kind=_kind(kind),
        name=entry.object_repr,
        fields=_fields(entry) if entry.action == LogEntry.Action.UPDATE else "",
    )


def _kind(kind: ContentType) -> str:
    model = kind.model_class()
    return str(model._meta.verbose_name) if model else kind.model


def _fields(entry: LogEntry) -> str:
    names = sorted(str(name) for name in entry.changes_display_dict)  # some are translated when they are read
    more = f" and {len(names) - _MOST_FIELDS} more" if len(names) > _MOST_FIELDS else ""
    return ", ".join(names[:_MOST_FIELDS]) + more
