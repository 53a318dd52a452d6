"""Alerts as somebody sees them, and acts on them, in a browser."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from alerts.models import Alert
from tests.alerts.rows import an_alert
from tests.browser.live import WAIT_MS, OpenPage, ask_now
from tests.people import person

pytestmark = [pytest.mark.debian("chromium"), pytest.mark.once]


def alert_now(**fields: object) -> Alert:
    return an_alert(timezone.now(), labels={"metric": "cpu_usage_percent", "instance": "web"}, **fields)


@pytest.mark.usefixtures("sampled")
def test_an_alert_appears_by_itself_and_is_acknowledged_in_place(open_page: OpenPage) -> None:
    page = open_page("/ops/", person("Operator", name="olga"))
    expect(page.get_by_text("All clear")).to_be_visible()
    alert = alert_now()
    ask_now(page)
    expect(page.locator(f"[data-alert='{alert.pk}']")).to_be_visible(timeout=WAIT_MS)
    assert page.title().startswith("▲1 Overview")
    page.get_by_text("Acknowledge", exact=True).first.click()
    page.get_by_label("What are you doing about it?").fill("restarting the import")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("You acknowledged high_cpu_usage")).to_be_visible()
    expect(page.locator(f"[data-alert='{alert.pk}']")).to_contain_text("olga: restarting the import")
    alert.refresh_from_db()
    assert alert.acknowledged_note == "restarting the import"


@pytest.mark.usefixtures("sampled")
def test_an_alert_is_acknowledged_without_scripts_too(open_page: OpenPage) -> None:
    alert_now()
    page = open_page("/ops/", person("Operator"), java_script_enabled=False)
    page.locator(".acknowledge summary").click()
    page.get_by_label("What are you doing about it?").fill("on it")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("You acknowledged high_cpu_usage")).to_be_visible()


@pytest.mark.usefixtures("sampled")
def test_several_alerts_are_chosen_and_resolved_at_once(open_page: OpenPage) -> None:
    for name in ("a", "b", "c"):
        alert_now(fingerprint=name)
    page = open_page("/ops/alerts/", person("Operator"))
    expect(page.get_by_role("button", name="Resolve chosen")).to_be_hidden()
    page.get_by_role("button", name="Choose all").click()
    page.get_by_role("checkbox").first.uncheck()
    page.get_by_role("button", name="Resolve chosen").click()
    expect(page.get_by_text("You resolved 2 alerts.")).to_be_visible()
    expect(page.locator("[data-alert]")).to_have_count(1)


@pytest.mark.usefixtures("sampled")
def test_several_alerts_are_acknowledged_without_scripts_too(open_page: OpenPage) -> None:
    for name in ("a", "b"):
        alert_now(fingerprint=name)
    page = open_page("/ops/alerts/", person("Operator", name="olga"), java_script_enabled=False)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.locator("#several-note").fill("power cut")
    page.locator("#several-lasting").select_option(label="for 1 h")
    page.get_by_role("button", name="Acknowledge chosen").click()
    expect(page.get_by_text("You acknowledged 2 alerts.")).to_be_visible()
    expect(page.locator(".taken").first).to_contain_text("olga: power cut")


@pytest.mark.usefixtures("sampled")
def test_the_list_is_not_exchanged_while_something_is_chosen(open_page: OpenPage) -> None:
    alert_now()
    page = open_page("/ops/alerts/", person("Operator"))
    page.get_by_role("checkbox").check()
    page.get_by_role("checkbox").blur()
    page.mouse.move(0, 0)
    other = alert_now(fingerprint="other")
    ask_now(page)
    expect(page.locator("nav[aria-label=Main] [data-alert-count]")).to_have_text("2", timeout=WAIT_MS)
    expect(page.get_by_role("checkbox")).to_be_checked()
    page.get_by_role("checkbox").uncheck()
    page.get_by_role("checkbox").blur()
    page.mouse.move(0, 0)
    expect(page.locator(f"[data-alert='{other.pk}']")).to_be_visible(timeout=WAIT_MS)


@pytest.mark.usefixtures("sampled")
def test_nothing_is_exchanged_under_the_pointer(open_page: OpenPage) -> None:
    alert_now()
    page = open_page("/ops/", person("Operator"))
    page.locator("[data-alert]").hover()
    other = alert_now(fingerprint="other")
    ask_now(page)
    expect(page.locator("nav[aria-label=Main] [data-alert-count]")).to_have_text("2", timeout=WAIT_MS)
    expect(page.locator(f"[data-alert='{other.pk}']")).to_have_count(0)
    page.mouse.move(0, 0)
    expect(page.locator(f"[data-alert='{other.pk}']")).to_be_visible(timeout=WAIT_MS)


@pytest.mark.usefixtures("sampled")
def test_the_page_of_an_alert_shows_its_chart_and_resolves_it(open_page: OpenPage) -> None:
    alert = alert_now()
    page = open_page(f"/ops/alerts/{alert.pk}/", person("Operator"))
    expect(page.locator(".chart canvas")).to_be_visible()
    page.get_by_role("button", name="Resolve by hand").click()
    expect(page.get_by_text("You resolved high_cpu_usage")).to_be_visible()
    expect(page.locator(".timeline")).to_contain_text("Resolved by operator")
