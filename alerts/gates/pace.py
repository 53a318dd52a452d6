"""How often a channel is spoken to: cooldown, limits, groups. What they hold goes out later, alone or in company."""

from datetime import datetime, timedelta

from alerts.gates.decisions import Because, Decision, Hold, Join, Pass
from alerts.gates.ledger import Ledger, Quota, group_of
from alerts.gates.muting import LOOK_AGAIN
from alerts.gates.news import IN_ORDER
from alerts.gates.standing import Standing
from alerts.models.gate import Gate
from alerts.models.severity import Severity


def cooldown(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    """A channel hears of an instance once in this time, unless it got worse; resolves of what was told are exempt."""
    last = standing.last_told
    if standing.is_retried:
        return None  # it passed before its first attempt
    if standing.is_resolve or standing.is_notice or last is None or standing.severity > last.severity:
        return None
    until = last.at + standing.cooldown
    if until <= now:
        return None
    because = Because(told_before_id=last.notification_id)
    return Hold(f"cooldown until {until:%H:%M:%S} UTC", until, Gate.COOLDOWN, because)


def rule_limit(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    quota = ledger.quota_of(standing)
    return None if quota is None else _limit(standing, ledger, quota, Gate.RULE_LIMIT, now)


def global_limit(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    decision = _limit(standing, ledger, ledger.overall, Gate.GLOBAL_LIMIT, now)
    if decision is not None or not standing.is_withheld_by_limit or _is_exempt(standing):
        return decision
    return Join(ledger.digest) if ledger.digest is not None else Pass(is_digest=True)


def _limit(standing: Standing, ledger: Ledger, quota: Quota, gate: Gate, now: datetime) -> Decision | None:
    """Holds what is over the limit for the next digest, of which there is one in a window.

    What a limit held takes no place of its own when its digest goes out.
    """
    in_digest = standing.is_withheld_by_limit and (ledger.digest is not None or standing.was_left)
    if in_digest or _is_exempt(standing):
        return None
    opens_at = quota.opens_at(now)
    if opens_at is None and not standing.is_withheld_by_limit:
        return None
    digest_at = max(opens_at or now, ledger.next_digest_at(now))
    if digest_at <= now:
        return None
    minutes = quota.window // timedelta(minutes=1)
    said = f"{gate.value} of {quota.limit} messages in {minutes} min: in the digest at {digest_at:%H:%M:%S} UTC"
    return Hold(said, min(digest_at, now + LOOK_AGAIN), gate)


def _is_exempt(standing: Standing) -> bool:
    """Rises in severity, the first critical firing, every resolve of something told, and what passed once before."""
    first_critical = standing.severity == Severity.CRITICAL and standing.last_told is None and not standing.is_reminder
    return standing.is_resolve or standing.is_rise or first_critical or standing.is_retried


def aggregation(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    """The first of a group goes at once, those that follow soon in one message, later ones now and then.

    What is worse than all that the group's messages named does not wait.
    """
    if standing.goes_again:
        return _goes_with_leader(standing, ledger, now)
    if not standing.group or not ledger.paces.aggregates:
        return None
    group = group_of(standing)
    if group in ledger.leaders:
        return Join(ledger.leaders[group])
    heard = ledger.groups.get(group)
    if standing.was_left or heard is None or (standing.severity > heard.highest and not standing.is_resolve):
        return None
    until = heard.next_at(ledger.paces)
    if until <= now:
        return None
    said = f"gathered with others of {standing.group} until {until:%H:%M:%S} UTC"
    return Hold(said, min(until, now + LOOK_AGAIN), Gate.AGGREGATION)


def _goes_with_leader(standing: Standing, ledger: Ledger, now: datetime) -> Decision | None:
    """What may have arrived, or failed, goes again as it went, by itself or in the same message."""
    if standing.leader is not None and standing.leader in ledger.passed:
        return Join(standing.leader)
    if not standing.leader_is_under_way:
        return None
    return Hold("it goes with the message that may have named it", now + IN_ORDER, Gate.AGGREGATION)
