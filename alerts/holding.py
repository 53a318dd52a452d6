"""Data around alerts is kept as long as they are: an hour before, while they are open, and an hour after."""

from datetime import timedelta

from alerts.models import Alert
from monitoring import series

AROUND = timedelta(hours=1)
OWNER = "alert"


def hold_data() -> None:
    """Of every alert that is kept, open or over; alerts of health checks have no series."""
    rows = Alert.objects.values_list("id", "fingerprint", "opened_at", "resolved_at")
    series.hold(
        OWNER,
        {
            str(alert_id): series.Needed(
                fingerprint, opened_at - AROUND, None if resolved_at is None else resolved_at + AROUND
            )
            for alert_id, fingerprint, opened_at, resolved_at in rows.iterator()
        },
    )
