"""Limits and groups, over batches."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from alerts.gates import Decision, Hold, Join, Ledger, Pass, Standing, Told, decide_all
from alerts.gates.ledger import Heard, Paces, Quota
from alerts.models import Gate, Severity
from tests.alerts.gates.standings import FIRING, MINUTE, NOW, RESOLVE

HOUR = timedelta(hours=1)
GROUPED = replace(FIRING, group="rule=high_cpu")


def sent(*minutes_ago: int) -> list[datetime]:
    return [NOW - minutes * MINUTE for minutes in sorted(minutes_ago)]


def rows(standing: Standing, count: int) -> list[Standing]:
    return [replace(standing, id=number + 1) for number in range(count)]


def gates(decisions: Sequence[Decision]) -> list[object]:
    """What happens to each: it passes, joins a row, or is held by a gate."""
    said: list[object] = []
    for one in decisions:
        said.append(one.leader if isinstance(one, Join) else one.gate if not isinstance(one, Pass) else "pass")
    return said


def test_of_a_batch_as_many_pass_as_the_rules_limit_leaves() -> None:
    ledger = Ledger(rules={1: Quota(3, HOUR, sent(10))})

    decisions = decide_all(rows(FIRING, 3), ledger, NOW)

    assert gates(decisions) == ["pass", "pass", Gate.RULE_LIMIT]
    assert isinstance(decisions[2], Hold)
    assert decisions[2].reason == "rule limit of 3 messages in 60 min: in the digest at 12:50:00 UTC"


def test_the_overall_limit_counts_every_rule() -> None:
    ledger = Ledger(overall=Quota(2, HOUR, sent(40)), rules={1: Quota(9, HOUR), 2: Quota(9, HOUR)})
    batch = [replace(FIRING, id=1), replace(FIRING, id=2, rule_id=2)]

    assert gates(decide_all(batch, ledger, NOW)) == ["pass", Gate.GLOBAL_LIMIT]


def test_a_limit_that_is_reached_opens_when_its_oldest_message_is_a_window_ago() -> None:
    ledger = Ledger(overall=Quota(2, HOUR, sent(40, 50)))
    (held,) = decide_all([FIRING], ledger, NOW)

    assert isinstance(held, Hold)
    assert held.until == NOW + 10 * MINUTE


def test_messages_left_out_of_what_was_read_still_count() -> None:
    assert Quota(100, HOUR, sent(59), skipped=99).opens_at(NOW) == NOW + MINUTE
    assert Quota(100, HOUR, [], skipped=99).opens_at(NOW) is None


@pytest.mark.parametrize(
    "exempt",
    [
        RESOLVE,
        replace(FIRING, severity=Severity.CRITICAL),
        replace(FIRING, severity=Severity.HIGH, told=Told(NOW - 2 * HOUR, Severity.MEDIUM)),
    ],
    ids=["resolve", "first critical", "rise"],
)
def test_resolves_rises_and_the_first_critical_firing_pass_every_limit(exempt: Standing) -> None:
    full = Ledger(overall=Quota(1, HOUR, sent(1)), rules={1: Quota(1, HOUR, sent(1))})
    assert gates(decide_all([exempt], full, NOW)) == ["pass"]


def test_a_critical_firing_that_was_told_before_is_held_by_a_limit() -> None:
    again = replace(FIRING, severity=Severity.CRITICAL, is_reminder=True, told=Told(NOW - HOUR, Severity.CRITICAL))
    assert gates(decide_all([again], Ledger(overall=Quota(1, HOUR, sent(1))), NOW)) == [Gate.GLOBAL_LIMIT]


def test_what_limits_withheld_goes_out_in_one_digest_when_they_open() -> None:
    withheld = replace(FIRING, gate="rule limit")
    ledger = Ledger(rules={1: Quota(1, HOUR, sent(60))}, overall=Quota(1, HOUR, sent(60)))

    decisions = decide_all(rows(withheld, 3), ledger, NOW)

    assert decisions == [Pass(is_digest=True), Join(1), Join(1)]


def test_there_is_one_digest_in_a_window() -> None:
    withheld = replace(FIRING, gate="global limit")
    ledger = Ledger(overall=Quota(9, HOUR), last_digest_at=NOW - 45 * MINUTE)
    (held,) = decide_all([withheld], ledger, NOW)

    assert isinstance(held, Hold)
    assert (held.gate, held.until) == (Gate.GLOBAL_LIMIT, NOW + 15 * MINUTE)


def test_what_a_limit_withheld_is_named_though_it_is_over() -> None:
    over = replace(FIRING, gate="rule limit", alert_is_open=False)
    full = Ledger(overall=Quota(1, HOUR, sent(1)))
    assert gates(decide_all([over], full, NOW)) == [Gate.GLOBAL_LIMIT]
    assert decide_all([over], Ledger(), NOW) == [Pass(is_digest=True)]


def test_the_first_of_a_group_names_those_that_are_due_with_it() -> None:
    assert gates(decide_all(rows(GROUPED, 3), Ledger(), NOW)) == ["pass", 1, 1]


def test_those_that_follow_the_first_wait_for_one_message() -> None:
    first = Heard(NOW - timedelta(seconds=10), is_first=True, highest=Severity.HIGH)
    (held,) = decide_all([GROUPED], Ledger(groups={("rule=high_cpu", False): first}), NOW)

    assert isinstance(held, Hold)
    assert (held.gate, held.until) == (Gate.AGGREGATION, NOW + timedelta(seconds=20))


def test_later_messages_of_a_group_are_minutes_apart() -> None:
    second = Heard(NOW - MINUTE, is_first=False, highest=Severity.HIGH)
    (held,) = decide_all([GROUPED], Ledger(groups={("rule=high_cpu", False): second}), NOW)

    assert isinstance(held, Hold)
    assert held.until == NOW + 4 * MINUTE


def test_what_is_worse_than_all_its_group_told_does_not_wait() -> None:
    ledger = Ledger(groups={("rule=high_cpu", False): Heard(NOW, is_first=True, highest=Severity.HIGH)})
    assert gates(decide_all([replace(GROUPED, severity=Severity.CRITICAL)], ledger, NOW)) == ["pass"]


def test_resolves_are_gathered_apart_from_firings() -> None:
    ledger = Ledger(groups={("rule=high_cpu", False): Heard(NOW, is_first=True, highest=Severity.HIGH)})
    end = replace(RESOLVE, group="rule=high_cpu")
    assert gates(decide_all(rows(end, 2), ledger, NOW)) == ["pass", 1]


def test_without_aggregation_or_group_each_has_its_own_message() -> None:
    assert gates(decide_all(rows(GROUPED, 2), Ledger(Paces(aggregates=False)), NOW)) == ["pass", "pass"]
    assert gates(decide_all(rows(FIRING, 2), Ledger(), NOW)) == ["pass", "pass"]


def test_what_may_have_arrived_goes_as_it_went() -> None:
    alone = replace(GROUPED, id=2, may_have_arrived=True)
    member = replace(GROUPED, id=3, may_have_arrived=True, leader=1, leader_is_under_way=True)
    leader = replace(GROUPED, id=1, may_have_arrived=True)

    assert gates(decide_all([alone, leader, member], Ledger(), NOW)) == ["pass", "pass", 1]
    assert gates(decide_all([member], Ledger(), NOW)) == [Gate.AGGREGATION]
    assert gates(decide_all([replace(member, leader_is_under_way=False)], Ledger(), NOW)) == ["pass"]


def test_a_digest_whose_worker_was_lost_takes_those_along_that_it_may_have_named_and_nobody_else() -> None:
    limited = replace(FIRING, gate="global limit")
    leader = replace(limited, id=1, may_have_arrived=True)
    member = replace(limited, id=2, may_have_arrived=True, leader=1, leader_is_under_way=True)
    late = replace(limited, id=3)
    ledger = Ledger(overall=Quota(2, HOUR, sent(61, 62)))

    assert decide_all([leader, member], ledger, NOW) == [Pass(is_digest=True), Join(1)]
    (held,) = decide_all([late], ledger, NOW)
    assert isinstance(held, Hold)
    assert held.reason.endswith("in the digest at 13:00:00 UTC")


def test_what_is_held_for_long_is_looked_at_again_every_half_hour() -> None:
    limited = Ledger(overall=Quota(1, HOUR, sent(1)))
    paced = Ledger(Paces(every=2 * HOUR), groups={("rule=high_cpu", False): Heard(NOW, is_first=False, highest=4)})

    for decision in (*decide_all([FIRING], limited, NOW), *decide_all([GROUPED], paced, NOW)):
        assert isinstance(decision, Hold)
        assert decision.until == NOW + 30 * MINUTE


def test_a_resolve_takes_no_place_of_a_firing() -> None:
    ledger = Ledger(overall=Quota(1, HOUR), rules={1: Quota(1, HOUR)})
    assert gates(decide_all([replace(RESOLVE, id=1), replace(FIRING, id=2)], ledger, NOW)) == ["pass", "pass"]
