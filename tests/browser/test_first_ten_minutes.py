"""A person's first ten minutes on a real console, with its real processes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.console import Console, running_console

pytestmark = [pytest.mark.once, pytest.mark.debian("chromium")]
OpenPage = Callable[..., Page]
SOON_MS = 45_000


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    variables = {"AHGD_COLLECT_SECONDS": "2", "AHGD_EVALUATE_SECONDS": "2"}
    with running_console(tmp_path, **variables) as running:
        yield running


def alert_lines(state_dir: Path) -> list[dict[str, object]]:
    file = state_dir / "logs" / "alerts.log"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def edit_rule(page: Page, condition: str) -> None:
    page.fill("#id_condition", condition)
    page.fill("#id_for_seconds", "0")
    page.click("[name=_save] >> nth=0")


def test_a_newcomer_signs_in_edits_a_rule_sees_it_fire_and_acknowledges_it(
    console: Console, open_page: OpenPage
) -> None:
    base = f"http://localhost:{console.port}"
    page = open_page(console.link)
    expect(page).to_have_url(f"{base}/accounts/set-password/")
    for name in ("new_password1", "new_password2"):
        page.fill(f"input[name={name}]", "a-long-passphrase-9")
    page.locator("form", has=page.locator("[name=new_password1]")).locator("[type=submit]").click()
    expect(page).to_have_url(f"{base}/ops/")
    expect(page.locator("[data-tile=cpu_usage_percent] [data-text]")).to_contain_text("%", timeout=SOON_MS)

    page.goto(f"{base}/admin/ahgd_alerts/rule/")
    page.get_by_role("link", name="high_cpu_usage").click()
    edit_rule(page, "valu > 0")
    expect(page.locator(".errorlist").first).to_contain_text("did you mean `value`")
    edit_rule(page, "name == 'cpu_usage_percent' and value >= 0")
    expect(page).to_have_url(f"{base}/admin/ahgd_alerts/rule/")

    page.goto(f"{base}/ops/")
    alert = page.get_by_role("link", name="high_cpu_usage").first
    expect(alert).to_be_visible(timeout=SOON_MS)  # it comes by itself
    console.wait_until(lambda: alert_lines(console.state_dir))
    assert alert_lines(console.state_dir)[-1]["rule"] == "high_cpu_usage"

    alert.click()
    page.get_by_text("Acknowledge").first.click()
    page.locator("[name=note]").first.fill("Looking at the busiest process.")
    page.locator("form", has=page.locator("[name=note]")).first.locator("[type=submit]").click()
    expect(page.get_by_text("Looking at the busiest process.").first).to_be_visible()
