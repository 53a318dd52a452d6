"""Actions of people that change no tracked row by themselves, written to the audit log."""

from auditlog.models import LogEntry
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model


def audit(row: Model, action: str, actor: User | AnonymousUser | None = None) -> None:
    """``actor`` did ``action`` to ``row``; without an actor it is whoever the present request is of."""
    LogEntry.objects.log_create(
        row,
        force_log=True,
        action=LogEntry.Action.ACCESS,
        additional_data={"action": action},
        **({"actor": actor} if actor is not None else {}),
    )
