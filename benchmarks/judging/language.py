"""Compiled conditions alone, beside the same conditions in the Common Expression Language (a library in Rust)."""

import timeit

import cel

from alerts.conditions import metric_facts, parse

PAIRS = (
    ("name == 'cpu_usage_percent' and value > 85", "name == 'cpu_usage_percent' && value > 85.0"),
    (
        "name == 'load' and tags['host'] == 'h17' and value > 80",
        "name == 'load' && tags['host'] == 'h17' && value > 80.0",
    ),
    (
        "name.startswith('db_query_duration_') and value > 5.0",
        "name.startsWith('db_query_duration_') && value > 5.0",
    ),
)
_TIMES = 20_000


def seconds_per_verdict() -> tuple[float, float]:
    """Ours and theirs, the mean over the conditions; both are handed the facts, ready made, at each call."""
    ours = theirs = 0.0
    facts = metric_facts(name="load", value=90.0, timestamp=0.0, category="system", tags={"host": "h17"})
    context = cel.Context(variables={"name": "load", "value": 90.0, "tags": {"host": "h17"}})
    for mine, other in PAIRS:
        verdict, program = parse(mine).verdict, cel.compile(other)
        assert bool(verdict(facts)) == bool(program.execute(context))
        ours += _best(lambda verdict=verdict: verdict(facts))
        theirs += _best(lambda program=program: program.execute(context))
    return ours / len(PAIRS), theirs / len(PAIRS)


def _best(run: object) -> float:
    return min(timeit.repeat(run, number=_TIMES, repeat=5)) / _TIMES  # type: ignore[arg-type]  # any callable will do
