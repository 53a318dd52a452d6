"""Window functions: what they ask, and what an answer makes of the condition."""

import pytest

from alerts.conditions import ConditionRefused, Truth, WindowRead, cycle_facts, parse
from alerts.conditions.windows import WINDOW_FUNCTIONS, Parameter, duration_seconds
from tests.alerts.conditions.subjects import METRIC, Answers, reason_broken

MINUTE, HOUR, DAY = 60, 3_600, 86_400


@pytest.mark.parametrize(
    ("call", "question"),
    [
        ("avg('m', '5m')", WindowRead("avg_over_time", "m", 5 * MINUTE)),
        ("avg_over_time('m', '30s')", WindowRead("avg_over_time", "m", 30)),
        ("rate('m', '1h', env='prod')", WindowRead("rate", "m", HOUR, (("env", "prod"),))),
        ("delta('m', '1h', b='2', a='1')", WindowRead("delta", "m", HOUR, (("a", "1"), ("b", "2")))),
        ("increase('m', '1d', offset='7d')", WindowRead("increase", "m", DAY, offset_seconds=7 * DAY)),
        ("p95('m', '5m')", WindowRead("quantile_over_time", "m", 5 * MINUTE, quantile=0.95)),
        ("quantile_over_time(0.5, 'm', '5m')", WindowRead("quantile_over_time", "m", 5 * MINUTE, quantile=0.5)),
        ("quantile_over_time(1, 'm', '5m')", WindowRead("quantile_over_time", "m", 5 * MINUTE, quantile=1.0)),
        ("predict_linear('m', '6h', '24h')", WindowRead("predict_linear", "m", 6 * HOUR, horizon_seconds=24 * HOUR)),
    ],
)
def test_a_call_asks_one_question(call: str, question: WindowRead) -> None:
    assert parse(f"{call} > 5").questions == (question,)


@pytest.mark.parametrize("name", sorted(WINDOW_FUNCTIONS))
def test_every_window_function_of_the_language_reads_its_answer(name: str) -> None:
    function = WINDOW_FUNCTIONS[name]
    call = function.parameter.value.replace("f(", f"{name}(", 1)
    answers = Answers(90.0)
    verdict = parse(call if function.tells_absence else f"{call} > 80").verdict(METRIC._replace(windows=answers))
    assert verdict is (Truth.FALSE if function.tells_absence else Truth.TRUE)
    assert answers.asked[0].function == function.name
    assert (answers.asked[0].horizon_seconds is not None) is (function.parameter is Parameter.HORIZON)


def test_an_empty_window_is_unknown_and_so_is_its_negation() -> None:
    empty = METRIC._replace(windows=Answers(None))
    assert parse("avg('m', '5m') < 80").verdict(empty) is Truth.UNKNOWN
    assert parse("not (avg('m', '5m') < 80)").verdict(empty) is Truth.UNKNOWN


@pytest.mark.parametrize("name", ["absent", "absent_over_time"])
def test_absent_is_true_on_an_empty_window(name: str) -> None:
    assert parse(f"{name}('m', '5m')").verdict(METRIC._replace(windows=Answers(None))) is Truth.TRUE
    assert parse(f"not {name}('m', '5m')").verdict(METRIC._replace(windows=Answers(3.0))) is Truth.TRUE


def test_a_condition_asks_for_each_of_its_windows() -> None:
    answers = Answers(5.0)
    condition = parse("avg('a', '5m') > 1 and (status == 'x' or avg('b', '5m') > 1) and avg('a', '5m') > 2")
    condition.verdict(METRIC._replace(windows=answers))
    assert [question.metric for question in answers.asked] == ["a", "b", "a"]
    assert [question.metric for question in condition.questions] == ["a", "b"]


def test_a_window_behind_a_short_circuit_is_not_read() -> None:
    answers = Answers(5.0)
    parse("value < 0 and avg('a', '5m') > 1").verdict(METRIC._replace(windows=answers))
    assert answers.asked == []


def test_a_condition_about_the_past_only_uses_no_facts_and_is_judged_by_itself() -> None:
    condition = parse("avg('a', '5m') > 1")
    assert condition.facts == frozenset()
    assert condition.verdict(cycle_facts(timestamp=0.0, windows=Answers(5.0))) is Truth.TRUE
    assert parse("avg('a', '5m') > 1 and metric.value > 2").facts == {"value"}


def test_window_functions_mix_with_the_rest_of_the_language() -> None:
    facts = METRIC._replace(windows=Answers(40.0))
    assert parse("value > 2 * avg('memory_usage_percent', '1h', offset='1d')").verdict(facts) is Truth.TRUE


@pytest.mark.parametrize("answer", [float("nan"), float("inf")])
def test_an_answer_that_is_not_finite_breaks_the_condition(answer: float) -> None:
    assert "a number is" in reason_broken("avg('a', '5m') < 5", METRIC._replace(windows=Answers(answer)))


def test_without_a_reader_the_condition_is_broken() -> None:
    assert "none were given" in reason_broken("avg('a', '5m') < 5")


def test_a_reader_that_fails_breaks_the_condition_only() -> None:
    class Failing:
        def read(self, question: WindowRead, facts: object) -> float | None:
            raise ValueError("no such series")

    assert "no such series" in reason_broken("avg('a', '5m') < 5", METRIC._replace(windows=Failing()))


@pytest.mark.parametrize(
    ("marked", "message"),
    [
        ("avg('m', ^'5x') > 5", "the window is a whole number of s, m, h or d"),
        ("avg('m', ^'5') > 5", "the window"),
        ("avg('m', ^'0m') > 5", "the window"),
        ("avg('m', ^'-5m') > 5", "the window"),
        ("avg('m', ^'1.5h') > 5", "the window"),
        (r"avg('m', ^'\u0665m') > 5", "the window"),
        ("avg('m', ^'367d') > 5", "the window"),
        ("avg('m', ^5) > 5", "the window"),
        ("avg('m', '5m', offset=^'x') > 5", "the offset"),
        ("predict_linear('m', '6h', ^'x') > 5", "the horizon"),
        ("^avg('m') > 5", "`avg` names a metric and a window"),
        ("^avg() > 5", "`avg` names a metric and a window"),
        ("^avg('m', '5m', '6m') > 5", "`avg` names a metric and a window"),
        ("^predict_linear('m', '6h') > 5", "`predict_linear` names"),
        ("avg(^5, '5m') > 5", "the metric is a text in quotes"),
        ("avg(^'', '5m') > 5", "the metric is a text in quotes"),
        ("avg(^name, '5m') > 5", "texts and numbers written out, not `name`"),
        ("avg('m', '5m', env=^5) > 5", "the tag env is a text in quotes"),
        ("avg('m', '5m', env=^name) > 5", "texts and numbers written out"),
        ("avg('m', '5m', **^tags) > 5", "two stars"),
        ("quantile_over_time(^1.5, 'm', '5m') > 5", "a quantile is a number from 0 to 1"),
        ("quantile_over_time(^'x', 'm', '5m') > 5", "a quantile is a number from 0 to 1"),
        ("quantile_over_time(^True, 'm', '5m') > 5", "a quantile is a number from 0 to 1"),
        ("^avg('m', '5m')", "is a number"),
        ("^avg > 5", "`avg` is a function"),
    ],
)
def test_a_bad_call_is_refused_at_its_place(marked: str, message: str) -> None:
    place = marked.index("^")
    with pytest.raises(ConditionRefused, match=message) as refusal:
        parse(marked[:place] + marked[place + 1 :])
    assert refusal.value.position == place


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3_600), ("1d", 86_400), ("366d", 31_622_400)]
)
def test_windows_are_told_in_seconds_minutes_hours_and_days(text: str, seconds: int) -> None:
    assert duration_seconds(text) == seconds
