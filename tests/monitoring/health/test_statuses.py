import pytest

from monitoring.health.statuses import is_expected


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        (200, "200", True),
        (204, "200", False),
        (299, "200-299", True),
        (300, "200-299", False),
        (301, "200, 301-308", True),
    ],
)
def test_codes_and_ranges_are_expected(status: int, text: str, expected: bool) -> None:
    assert is_expected(status, text) is expected


@pytest.mark.parametrize("text", ["", "ok", "2xx", "99", "600", "299-200", "200,,201", "200-", "\u0662\u0660\u0660"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"no status code|ends before"):
        is_expected(200, text)
