import pytest

from monitoring.accept import prefers_openmetrics

PROMETHEUS = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"


@pytest.mark.parametrize(
    ("accept", "is_openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml", False),
        (PROMETHEUS, True),
        ("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;q=0.5", False),
        ("Application/OpenMetrics-Text; Q=0.2", True),
        ("application/openmetrics-text", True),
        ("text/plain, application/openmetrics-text;q=0.5", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=x", False),
        ("application/openmetrics-text;q=nan", False),
        (";q=;,,", False),
    ],
)
def test_the_format_is_the_one_that_is_preferred(accept: str, is_openmetrics: bool) -> None:
    assert prefers_openmetrics(accept) is is_openmetrics
