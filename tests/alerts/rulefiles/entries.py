"""Any rule that a file may hold, for property tests."""

from typing import Any

from hypothesis import strategies as st

from alerts.cases.notation import Named
from alerts.rulefiles.document import RuleEntry
from alerts.rulefiles.durations import text_of

TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40)
TITLES = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30)
NAMES = st.from_regex(r"[-a-zA-Z0-9_]{1,20}", fullmatch=True)
SPANS = st.integers(10, 30 * 86_400).map(text_of)
MINUTES = st.integers(0, 30 * 1440).map(lambda minutes: text_of(minutes * 60))
SEVERITIES = st.sampled_from(["low", "medium", "high", "critical"])
CONDITIONS = st.sampled_from(["value > 80", "name == 'x' and\n  value < 3.5", "avg('cpu', '5m') > 1"])
SERIES = st.builds(
    Named,
    st.from_regex(r"[a-z_]{1,8}", fullmatch=True),
    st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), TEXTS),
).map(str)
CASES = st.fixed_dictionaries(
    {
        "name": TITLES,
        "expect": st.sampled_from(["must fire", "must not fire"]),
        "series": st.lists(
            st.fixed_dictionaries({"series": SERIES, "values": st.sampled_from(["1", "50x3 95+1x4 _ 2", "_x3 0.5"])}),
            min_size=1,
            max_size=3,
            unique_by=lambda one: one["series"],
        ),
    },
    optional={"instance": SERIES, "at": SPANS, "interval": st.integers(1, 86_400).map(text_of)},
)


def entries(channels: list[str], policies: list[str]) -> st.SearchStrategy[RuleEntry]:
    """Rules that refer to these channels and policies, and depend on none."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "enabled": st.booleans(),
        "description": TEXTS,
        "for": SPANS,
        "severity": SEVERITIES,
        "worse_condition": CONDITIONS,
        "worse_severity": SEVERITIES,
        "recovery_condition": CONDITIONS,
        "keep_firing_for": SPANS,
        "no_data": st.sampled_from(["ok", "keep", "alert"]),
        "no_data_after": SPANS,
        "owner_channel": st.sampled_from(channels),
        "channels": st.sets(st.sampled_from(channels)).map(sorted),
        "escalation_policy": st.sampled_from(policies),
        "message": st.sampled_from(["CPU is at {value:.1f} %", "two\nlines: {name}", "- yes: # no"]),
        "runbook": st.just("https://example.org/runbook"),
        "cooldown": MINUTES,
        "max_alerts_per_hour": st.integers(0, 10_000),
        "repeat_every": MINUTES,
        "group_by": st.lists(st.sampled_from(["rule", "team", "instance"]), unique=True),
        "tags": st.dictionaries(NAMES, TEXTS, max_size=3),
        "cases": st.lists(CASES, max_size=3, unique_by=lambda case: case["name"]),
    }
    whole = st.fixed_dictionaries({"name": NAMES, "condition": CONDITIONS}, optional=fields)
    return whole.map(RuleEntry.model_validate)
