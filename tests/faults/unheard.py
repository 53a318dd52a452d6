"""What nobody may be told of: a rule that is disabled, a silence, and what was over before its silence ended."""

from datetime import timedelta

from django.contrib.auth.models import User

from alerts.models import Alert, Channel, Notification, Rule, Silence
from alerts.muting import silences
from monitoring import database_now
from tests.alerts.rows import an_alert, firing
from tests.faults.stage import ON_ITS_WAY, Stage


def fire_unheard(stage: Stage, channel: Channel) -> None:
    """Three alerts, one of which is over and has its silence ended. They are noted as ``stage.unheard``."""
    now = database_now()
    disabled = Rule.objects.create(name="switched_off", condition="value > 80", enabled=False)
    _silence("quiet")
    ending = _silence("over")
    _fire(stage, channel, an_alert(now, disabled, fingerprint="off"))
    _fire(stage, channel, an_alert(now, fingerprint="quiet", labels={"instance": "quiet"}))
    over = an_alert(now, fingerprint="over", labels={"instance": "over"})
    _fire(stage, channel, over)
    stage.resolve(over, [channel])
    rows = Notification.objects.filter(alert=over, state__in=ON_ITS_WAY)
    stage.wait_until(lambda: not rows.exists(), "what is over in a silence to be withheld")
    silences.end(ending, User.objects.get_or_create(username="kim")[0], database_now())


def _fire(stage: Stage, channel: Channel, alert: Alert) -> None:
    stage.unheard.append(alert)
    firing(alert, channel, database_now())


def _silence(instance: str) -> Silence:
    now = database_now()
    text, ends_at = f"instance={instance}", now + timedelta(hours=1)
    return silences.create(text=text, actor=None, comment="planned", starts_at=now, ends_at=ends_at, now=now)
