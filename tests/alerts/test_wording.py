import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.wording import LONGEST_OUTPUT, TemplateRefused, check_template, render

FACTS = {"name": "cpu_usage_percent", "value": 93.456, "tags": {"mount": "/data"}, "status": None, "rule": "high_cpu"}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("High memory usage: {value:.1f}%", "High memory usage: 93.5%"),
        ("{name} on {tags[mount]}", "cpu_usage_percent on /data"),
        ("{tags[absent]} {status}", "- -"),
        ("{value:>8.2f}|", "   93.46|"),
        ("{{literal}} {rule}", "{literal} high_cpu"),
        ("no placeholder", "no placeholder"),
    ],
)
def test_a_template_is_filled_with_facts(template: str, text: str) -> None:
    assert render(template, FACTS) == text


@pytest.mark.parametrize(
    "template",
    [
        "{value.__class__}",
        "{value.real}",
        "{tags}",
        "{tags[mount].upper}",
        "{tags[mount][0]}",
        "{0}",
        "{}",
        "{value!r}",
        "{value:{name}}",
        "{value:9999999}",
        "{value:.999f}",
        "{nope}",
        "{value",
        "value}",
        "{self.__init__.__globals__[settings]}",
    ],
)
def test_what_is_not_a_fact_or_not_bounded_is_refused(template: str) -> None:
    with pytest.raises(TemplateRefused):
        check_template(template)


def test_a_number_format_for_a_text_is_refused_when_it_is_filled() -> None:
    with pytest.raises(TemplateRefused, match="does not fit"):
        render("{name:.1f}", FACTS)


def test_a_long_fact_is_cut() -> None:
    assert len(render("{message}", {"message": "x" * 100_000})) == LONGEST_OUTPUT


@given(st.text(max_size=200))
def test_any_text_is_either_refused_or_filled(template: str) -> None:
    try:
        check_template(template)
    except TemplateRefused:
        return
    assert len(render(template, {})) <= LONGEST_OUTPUT
