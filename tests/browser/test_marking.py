"""An episode of the replay in the rule form becomes a case of the rule by one click, and the form stays as it is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from alerts.models import Rule
from tests.browser.test_rule_replay import rule as rule
from tests.people import superuser

pytestmark = [pytest.mark.debian("chromium"), pytest.mark.once]
PATIENCE_MS = 60_000


def test_an_episode_that_is_marked_is_a_case_of_the_rule(open_page: Callable[..., Page], rule: Rule) -> None:
    rule.condition = rule.condition.replace("90", "80")
    rule.save()
    page = open_page(f"/admin/ahgd_alerts/rule/{rule.pk}/change/", superuser())
    episodes = page.locator(".replay-episodes")
    expect(episodes).to_be_visible(timeout=PATIENCE_MS)
    episodes.locator("summary").click()
    page.get_by_label("Description").first.fill("Not saved yet")
    episodes.get_by_role("button", name="must fire", exact=True).first.click()
    expect(page.get_by_text("was added to the rule busy. As the rule is now, it fires at")).to_be_visible(
        timeout=PATIENCE_MS
    )
    case = rule.cases.get()
    assert case.must_fire
    assert case.instance == 'cpu_usage_percent{host="a"}'
    expect(page.get_by_label("Description").first).to_have_value("Not saved yet")
    page.reload()
    expect(page.get_by_label("Series", exact=False).first).to_have_value(case.series, timeout=PATIENCE_MS)
