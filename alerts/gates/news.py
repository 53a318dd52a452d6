"""Whether there is anything to tell: what a channel was last told is compared with what is true."""

from datetime import datetime, timedelta

from alerts.gates.decisions import Decision, Hold, Stop
from alerts.gates.ledger import Ledger
from alerts.gates.standing import Standing
from alerts.models.gate import Gate
from alerts.models.severity import Severity

RECHECK = timedelta(seconds=60)
IN_ORDER = timedelta(seconds=2)
"""What has to wait for another notification looks again after this."""


def news(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    """A resolve goes only to those who were told of the firing; a firing only where it says something new."""
    if standing.is_resolve:
        return _news_of_resolve(standing)
    if standing.told is not None and standing.told.severity == 0:
        return Stop("the channel knows already that it is over", Gate.NEWS)
    if standing.is_reminder or standing.may_have_arrived:
        return None
    if standing.was_tried and _was_told_later(standing):
        return Stop("a later message has told its severity since", Gate.NEWS)
    if standing.gate and standing.is_outdated:
        return Stop("its severity has changed since; the later message tells it", Gate.NEWS)
    if standing.told is not None and standing.told.severity == standing.severity:
        word = Severity(standing.severity).word
        return Stop(f"it was told as {word} at {standing.told.at:%H:%M:%S} UTC, and that is still true", Gate.NEWS)
    return None


def _was_told_later(standing: Standing) -> bool:
    """Whether the channel accepted what came after this row, while this row waited for its next attempt."""
    told_by = standing.told.notification_id if standing.told is not None else None
    return told_by is not None and told_by > standing.id


def _news_of_resolve(standing: Standing) -> Decision | None:
    if standing.told is not None:
        return Stop("it was told together with its firing", Gate.NEWS) if standing.told.severity == 0 else None
    if standing.being_told_until is not None:
        return Hold("its firing is still being told", standing.being_told_until, Gate.NEWS)
    return Stop("this channel was not told that it fired", Gate.NEWS)


def channel_disabled(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    return None if standing.channel_enabled else Hold("the channel is disabled", now + RECHECK, Gate.DISABLED)


def rule_disabled(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    if standing.rule_enabled or standing.is_resolve:
        return None
    return Hold("the rule is disabled", now + RECHECK, Gate.DISABLED)
