"""What one cycle judges, and in which order: the same for what is new in the database and for what is replayed."""

from collections.abc import Collection, Iterable
from datetime import datetime

from alerts import facts, rulebook
from alerts.bench import Bench
from alerts.missing import judge_silence
from alerts.roster import Roster
from monitoring.health import feed
from monitoring.series import Fresh


def judge_cycle(
    bench: Bench, samples: Collection[Fresh], results: Iterable[feed.Result], watched: Roster, since: datetime | None
) -> int:
    """Takes everything that is new to the bench; gives the number of facts. ``since`` is when judging began again
    after a pause."""
    judged = bench.judge_samples(facts.in_time_order(samples, bench.now), watched)
    recent = [one for one in results if one.at >= bench.now - facts.JUDGED_FOR]
    for result in sorted(recent, key=lambda one: one.at):
        bench.judge(facts.of_check(result, bench.now, bench.windows))
    bench.judge_the_past()
    _rejudge_edited(bench)
    bench.conclude_dependents()
    judge_silence(bench, watched, since)
    bench.board.settle(bench.now)
    return judged + len(recent)


def _rejudge_edited(bench: Bench) -> None:
    """An edited rule is judged again on the latest values of what it stands on, without waiting for new ones."""
    stale = bench.board.stale()
    fingerprints = {fingerprint for _, fingerprint in stale}
    latest = facts.latest(fingerprints, bench.now, bench.windows, bench.source) if stale else {}
    for key in stale:
        rule, fact = bench.book.rules[key[0]], latest.get(key[1])
        if rule.condition is None:
            bench.board.keep(key)  # broken, so nothing is concluded
        elif fact is not None and rulebook.selects(rule, fact):
            bench.judge_by(rule, fact)
        else:
            bench.board.end(key, bench.now, "rule changed")
