"""A report as plain data, for the API and the rule form, and as lines for a terminal."""

from collections.abc import Iterator
from typing import Any

from alerts.models import Severity
from alerts.replay.report import Difference, Episode, Letter, Report, in_words

MOST_EPISODES = 500
"""Of a noisy rule the latest are listed; the figures count all."""


def as_data(report: Report) -> dict[str, Any]:
    """Each episode comes with its rule, instance, start and end, so that it can be made a case of the rule's tests."""
    shown = report.episodes[-MOST_EPISODES:]
    return {
        "rule": report.rule,
        "start": report.start,
        "end": report.end,
        "summary": report.summary,
        "fires": report.fires,
        "notifications": report.notifications,
        "longest_seconds": report.longest.total_seconds(),
        "instances": report.instances,
        "noise": report.noise,
        "broken": report.broken,
        "notes": list(report.notes),
        "withheld": report.withheld,
        "episodes": [episode_data(one) for one in shown],
        "is_shortened": len(shown) < report.fires,
        "gaps": [
            {"instance": gap.instance, "subject": gap.subject, "start": gap.started_at, "end": gap.ended_at}
            for gap in report.gaps[-MOST_EPISODES:]
        ],
    }


def episode_data(episode: Episode) -> dict[str, Any]:
    return {
        "rule": episode.rule,
        "instance": episode.instance,
        "subject": episode.subject,
        "start": episode.started_at,
        "end": episode.ended_at,
        "severity": Severity(episode.severity).word,
        "value": episode.value,
        "reason": episode.reason,
        "is_notified": episode.was_notified,
        "letters": [letter_data(one) for one in episode.letters],
    }


def letter_data(letter: Letter) -> dict[str, Any]:
    kind, number = letter.responsible or ("", None)
    return {
        "at": letter.at,
        "channel": letter.channel,
        "kind": letter.kind,
        "event": letter.event,
        "is_told": letter.was_told,
        "told_at": letter.sent_at if letter.was_told else None,
        "gate": letter.held_by or letter.gate,
        "reason": letter.held_reason or letter.reason,
        "responsible": kind,
        "responsible_id": number,
    }


def difference_data(found: Difference) -> dict[str, Any]:
    return {
        "fires": found.fires,
        "notifications": found.notifications,
        "appeared": [episode_data(one) for one in found.appeared[-MOST_EPISODES:]],
        "vanished": [episode_data(one) for one in found.vanished[-MOST_EPISODES:]],
    }


def difference_sentence(found: Difference) -> str:
    """Compared with the rule as it is saved."""
    if not (found.fires or found.notifications or found.appeared or found.vanished):
        return "As the saved version."
    return (
        f"Against the saved version: fires {found.fires:+d}, notifies {found.notifications:+d}; "
        f"{len(found.appeared)} new, {len(found.vanished)} gone."
    )


def lines_of(report: Report) -> Iterator[str]:
    """For a terminal; times in UTC."""
    yield f"{report.rule}, {report.start:%Y-%m-%d %H:%M} to {report.end:%Y-%m-%d %H:%M} UTC: {report.summary}"
    if report.broken:
        yield f"broken: {report.broken}"
    yield from report.notes
    for episode in report.episodes:
        yield _episode_line(episode, report)
        for letter in episode.letters:
            if letter.reason and not letter.was_told:
                by = f" ({letter.held_reason})" if letter.held_reason not in ("", letter.reason) else ""
                yield f"    {letter.at:%m-%d %H:%M:%S} {letter.channel}: {letter.kind} withheld: {letter.reason}{by}"
    for gap in report.gaps:
        span = in_words(gap.ended_at - gap.started_at)
        yield f"{gap.started_at:%m-%d %H:%M:%S} unknown for {span}: {gap.subject}"
    if report.noise:
        yield report.noise


def _episode_line(episode: Episode, report: Report) -> str:
    lasted = in_words(episode.lasted(report.end)) + ("" if episode.ended_at else ", still firing")
    told = "told" if episode.was_notified else "not told"
    value = "" if episode.value is None else f" at {episode.value:g}"
    word = Severity(episode.severity).word
    return f"{episode.started_at:%m-%d %H:%M:%S} {word} for {lasted}, {told}: {episode.subject}{value}"
