"""Silence: what it means that a series or a health check says nothing more."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from alerts import facts
from alerts.bench import Bench
from alerts.facts import CHECK_PREFIX, CYCLE, Fact
from alerts.models import NoData
from alerts.roster import Key, Roster
from alerts.states import FALSE, Reading, State, Verdict
from monitoring.series import Quiet, to_ms

AT_LEAST = timedelta(seconds=60)
VANISHED_AFTER = 3  # of its own usual intervals


def judge_silence(bench: Bench, roster: Roster, since: datetime | None) -> None:
    """What was not heard of in this cycle. ``since`` is when judging began again: our own absence is no silence."""
    keys = [key for key, _ in bench.board.unjudged() if key[0] in bench.book.rules and key[1] != CYCLE]
    keys += _listening(bench, roster, set(keys))
    if not keys:
        return
    before = bench.now - AT_LEAST if since is None else min(bench.now - AT_LEAST, since)
    quiet = bench.source.quiet({fingerprint for _, fingerprint in keys}, to_ms(before))
    silent = {f for _, f in keys if f in quiet or f.startswith(CHECK_PREFIX)}
    latest = facts.latest(silent, bench.now, bench.windows, bench.source)
    for key in keys:
        fact = latest.get(key[1])
        if fact is not None:
            silent_for = bench.now - (fact.at if since is None else max(fact.at, since))
            _judge(bench, key, replace(fact, at=bench.now), silent_for, quiet.get(key[1]))


def _listening(bench: Bench, roster: Roster, known: set[Key]) -> Iterable[Key]:
    """Instances that are ok, of rules that alert on silence."""
    if not bench.book.alerts_on_silence:
        return ()
    return [
        watch.key
        for _, watches in roster.everything().values()
        for watch in watches
        if watch.rule.no_data == NoData.ALERT and watch.key not in known and watch.key not in bench.board.judged
    ]


def _judge(bench: Bench, key: Key, fact: Fact, silent_for: timedelta, quiet: Quiet | None) -> None:
    rule = bench.book.rules[key[0]]
    is_over_due = silent_for >= rule.no_data_after
    if quiet is not None and quiet.has_events:
        if is_over_due and key in bench.board.now_standing:
            bench.board.judge(rule, fact, FALSE, "nothing happened any more")
    elif rule.no_data == NoData.ALERT:
        if is_over_due and not _is_known_silent(bench, key):
            bench.board.judge(rule, fact, Reading(Verdict.SILENT, rule.severity), "no data")
    elif quiet is not None and _has_vanished(quiet, bench.now, silent_for):
        bench.board.end(key, bench.now, "missing series")
    elif is_over_due and rule.no_data == NoData.OK:
        bench.board.end(key, bench.now, "no data")


def _is_known_silent(bench: Bench, key: Key) -> bool:
    standing = bench.board.now_standing.get(key)
    return standing is not None and standing.situation.state == State.NO_DATA


def _has_vanished(quiet: Quiet, now: datetime, silent_for: timedelta) -> bool:
    """Whether it is silent for 3 of its own intervals, 60 s at least, while others of its metric report."""
    limit = max(AT_LEAST, timedelta(milliseconds=VANISHED_AFTER * quiet.interval_ms))
    return silent_for >= limit and quiet.others_at_ms > max(quiet.at_ms, to_ms(now - limit))
