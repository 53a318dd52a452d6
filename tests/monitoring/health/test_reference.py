from pathlib import Path

import pytest

from monitoring.health.base import configured

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "health.md"


@pytest.mark.parametrize("name", [check.name for check in configured()])
def test_every_check_stands_in_the_reference(name: str) -> None:
    assert f"\n| `{name}` |" in REFERENCE.read_text(encoding="utf-8")
