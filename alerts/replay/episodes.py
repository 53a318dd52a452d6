"""What the outbox of a replay holds at the end, as episodes with their letters."""

from collections.abc import Iterator, Sequence

from alerts.models import Alert, Notification, Severity
from alerts.replay.mail import Mail
from alerts.replay.report import Episode, Letter


def episodes_of(mail: Mail, rule_id: int) -> Iterator[Episode]:
    worst: dict[int, int] = {}
    for event in mail.events:
        worst[event.alert_id] = max(worst.get(event.alert_id, 0), event.severity or 0)
    letters: dict[int, list[Letter]] = {}
    for desk in mail.desks.values():
        for row in desk.rows:
            letters.setdefault(row.alert_id, []).append(_letter(row, desk.held.get(row.pk)))
    for alert in mail.alerts:
        if alert.rule_id == rule_id:
            own = sorted(letters.get(alert.pk, ()), key=lambda letter: letter.at)
            yield _episode(alert, Severity(worst[alert.pk]), own)


def _episode(alert: Alert, severity: Severity, letters: Sequence[Letter]) -> Episode:
    return Episode(
        alert.rule_name,
        alert.fingerprint,
        alert.subject,
        alert.opened_at,
        alert.resolved_at,
        severity,
        alert.value,
        alert.resolved_reason,
        tuple(letters),
    )


def _letter(row: Notification, held: tuple[str, str] | None) -> Letter:
    responsible = (
        ("silence", row.silence_id) if row.silence_id else ("maintenance", row.maintenance_id or 0)
    )  # of a parent or an earlier letter there is no row outside the replay
    return Letter(
        row.created_at,
        row.channel.name,
        row.kind,
        row.event.kind,
        row.state,
        row.sent_at,
        row.gate,
        row.held_reason,
        responsible if responsible[1] else None,
        *(held or (row.gate, row.held_reason)),
    )
