"""The rule form replays what is written: edit, drag the threshold, watch the counts, save, see it fire as replayed."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from alerts import evaluation
from alerts.models import Alert, Channel, Rule
from alerts.replay import Draft, replay
from monitoring.clock import from_ms, to_ms
from tests.alerts.cycles import judge
from tests.alerts.feed import Feed
from tests.browser.conftest import PHONE
from tests.people import superuser

pytestmark = [pytest.mark.debian("chromium"), pytest.mark.once]
OpenPage = Callable[..., Page]
PEAKS = (50, 50, 75, 50, 50, 85, 50, 50)


@pytest.fixture
def rule(transactional_db: None) -> Rule:
    """It fires above 90; the last quarter of an hour has peaks of 75 and 85."""
    feed = Feed()
    feed.now -= timedelta(seconds=100 * len(PEAKS) + 30)
    for value in PEAKS:
        feed(value, passed=timedelta(seconds=100), host="a")
    rule = Rule.objects.create(
        name="busy", condition="name == 'cpu_usage_percent' and value > 90", cooldown_minutes=0, group_by=[]
    )
    rule.channels.add(Channel.objects.create(name="log", kind="log"))
    return rule


def the_form(open_page: OpenPage, rule: Rule, **options: object) -> Page:
    return open_page(f"/admin/ahgd_alerts/rule/{rule.pk}/change/", superuser(), **options)


def said(page: Page) -> Locator:
    return page.locator("[data-said]")


def drag(page: Page, to_value: float) -> None:
    """By the pointer, from where the handle is to where the axis has the value (0 to 100 from bottom to top)."""
    page.locator("[data-handle]").scroll_into_view_if_needed()
    box = page.locator("[data-handle]").bounding_box()
    plot = page.locator(".replay .u-over").bounding_box()
    assert box is not None
    assert plot is not None
    x = plot["x"] + plot["width"] / 2
    page.mouse.move(x, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(x, plot["y"] + plot["height"] * (1 - to_value / 100), steps=5)
    page.mouse.up()


def test_a_dragged_threshold_changes_the_counts_and_what_is_saved_fires_as_replayed(
    open_page: OpenPage, rule: Rule
) -> None:
    page = the_form(open_page, rule)
    expect(said(page)).to_have_text("Fires never.")
    drag(page, 80)
    expect(said(page)).to_contain_text("Fires once, notifies once")
    expect(page.locator("[data-more]")).to_contain_text(
        "Against the saved version: fires +1, notifies +1; 1 new, 0 gone."
    )
    drag(page, 65)
    expect(said(page)).to_contain_text("Fires twice, notifies twice")
    page.locator("input[name=_save]").click()
    page.wait_for_url("**/ahgd_alerts/rule/")

    rule.refresh_from_db()
    assert rule.condition.startswith("name == 'cpu_usage_percent' and value > 6")
    feed = Feed()
    feed.now = begun = from_ms(to_ms(feed.now))
    evaluation.forget()
    judge(feed.now)
    for value in (50, 70, 50):
        feed(value, host="a")
        judge(feed.now)
    report = replay(Draft.of(rule), begun, feed.now)
    assert [(one.started_at, one.ended_at) for one in report.episodes] == [
        (alert.opened_at, alert.resolved_at) for alert in Alert.objects.all()
    ]
    page.goto("/ops/alerts/history/")
    expect(page.locator("main")).to_contain_text("busy")


def test_what_is_typed_is_replayed_and_a_mistake_is_said(open_page: OpenPage, rule: Rule) -> None:
    page = the_form(open_page, rule)
    condition = page.locator("#id_condition")
    condition.fill("name == 'cpu_usage_percent' and value > 80")
    expect(said(page)).to_contain_text("Fires once")
    page.locator("#id_for_seconds").fill("3600")
    expect(said(page)).to_have_text("Fires never.")
    condition.fill("valu > 80")
    expect(said(page)).to_contain_text("did you mean `value`?")


def test_the_threshold_moves_with_the_arrow_keys(open_page: OpenPage, rule: Rule) -> None:
    page = the_form(open_page, rule, viewport=PHONE)
    handle = page.locator("[data-handle]")
    expect(handle).to_be_visible()
    handle.focus()
    handle.press("ArrowDown")
    expect(page.locator("#id_condition")).to_have_value("name == 'cpu_usage_percent' and value > 89")
    expect(handle).to_have_attribute("aria-valuenow", "89")


def test_each_episode_is_listed_and_can_be_made_a_case(open_page: OpenPage, rule: Rule) -> None:
    page = the_form(open_page, rule)
    page.locator("#id_condition").fill("name == 'cpu_usage_percent' and value > 80")
    expect(said(page)).to_contain_text("Fires once")
    page.locator(".replay-episodes summary").click()
    episode = page.locator("[data-episodes] li")
    expect(episode).to_contain_text('cpu_usage_percent{host="a"} at 85, medium, told')
    episode.get_by_text("must not fire").click()
    expect(page.locator("[data-marked]")).to_contain_text("was added to the rule busy")


def test_a_noisy_rule_is_offered_another_threshold(open_page: OpenPage, rule: Rule) -> None:
    feed = Feed()
    feed.now = timezone.now() - timedelta(hours=3)
    for place in range(20):
        feed(95 if place % 2 else 50, passed=timedelta(seconds=60), host="b")
    page = the_form(open_page, rule)
    expect(page.locator("[data-more]")).to_contain_text("Noisy")
    page.locator("[data-suggest]").click()
    offered = page.locator("[data-suggested]")
    expect(offered).to_contain_text("Use 95")
    offered.locator("button").click()
    expect(page.locator("#id_condition")).to_have_value("name == 'cpu_usage_percent' and value > 95")
    expect(said(page)).to_have_text("Fires never.")
