"""The console as people use it."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone
from playwright.sync_api import expect

from alerts.models import Rule
from tests.browser.live import WAIT_MS, OpenPage, ask_now, record_hour
from tests.monitoring.readings import record
from tests.people import PASSWORD, person, superuser

pytestmark = [pytest.mark.debian("chromium"), pytest.mark.once]


@pytest.mark.usefixtures("sampled")
def test_somebody_signs_in_and_sees_live_data(open_page: OpenPage) -> None:
    superuser()
    page = open_page("/")
    page.get_by_label("Username").fill("admin")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/ops/$"))
    expect(page.locator("[data-tile=cpu_usage_percent] [data-text]")).to_have_text("40.0 %")
    expect(page.locator("[data-pill]")).to_have_attribute("data-state", "live", timeout=WAIT_MS)


@pytest.mark.usefixtures("sampled")
def test_numbers_and_charts_move_without_a_reload(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser())
    expect(page.locator("[data-metric=cpu_usage_percent] canvas")).to_be_visible()
    page.evaluate("window.isTheSamePage = true")
    record("cpu_usage_percent", {timezone.now(): 71.5}, instance="web")
    expect(page.locator("[data-tile=cpu_usage_percent] [data-text]")).to_have_text("71.5 %", timeout=WAIT_MS)
    expect(page.locator("[aria-labelledby=chart-cpu_usage_percent] [data-legend] b").first).to_have_text("71.5 %")
    assert page.evaluate("window.isTheSamePage")


def test_the_first_minute_watches_itself_become_an_overview(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser())
    expect(page.get_by_text("No samples yet. First data in about 30 s")).to_be_visible()
    record_hour("cpu_usage_percent", 40.0)
    ask_now(page)
    expect(page.locator("[data-tile=cpu_usage_percent] [data-text]")).to_have_text("40.0 %", timeout=WAIT_MS)


@pytest.mark.usefixtures("sampled")
def test_dragging_zooms_both_charts_and_the_chip_takes_it_back(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser())
    plot = page.locator("[data-metric=cpu_usage_percent] .u-over")
    expect(plot).to_be_visible()
    box = plot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=5)
    page.mouse.up()
    expect(page).to_have_url(re.compile(r"from=\d{13}&to=\d{13}"))
    chip = page.get_by_text("Zoomed · Reset")
    expect(chip).to_be_visible()
    chip.click()
    expect(page).to_have_url(re.compile(r"from=now-1h&to=now"))
    expect(chip).to_be_hidden()


@pytest.mark.usefixtures("sampled")
def test_the_crosshair_is_shared(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser())
    page.locator("[data-metric=cpu_usage_percent] .u-over").hover()
    for metric in ("cpu_usage_percent", "memory_usage_percent"):
        expect(page.locator(f"[aria-labelledby=chart-{metric}] [data-readout]")).to_have_text(re.compile(r"\d\d:\d\d"))


@pytest.mark.usefixtures("sampled")
def test_a_range_lives_in_the_address_and_back_leads_back(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser())
    page.get_by_role("link", name="6h").click()
    expect(page).to_have_url(re.compile("from=now-6h&to=now"))
    page.reload()
    expect(page.get_by_role("link", name="6h")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("link", name="1h")).to_have_attribute("aria-current", "true")


@pytest.mark.usefixtures("sampled")
def test_buttons_zoom_where_fingers_can_not_drag(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser())
    page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_text("Zoomed · Reset")).to_be_visible()
    expect(page).to_have_url(re.compile(r"from=\d{13}&to=\d{13}"))


@pytest.mark.usefixtures("sampled")
def test_any_range_can_be_chosen(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser(), timezone_id="Australia/Sydney")
    page.locator(".range summary").click()
    page.get_by_label("From (your time)").fill("2026-03-01T08:00")
    page.get_by_label("To (your time)").fill("2026-03-01T09:00")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("from=1772312400000&to=1772316000000"))
    expect(page.get_by_text("No points in this range").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("Chosen range")).to_be_visible()


@pytest.mark.usefixtures("sampled")
def test_a_chart_can_be_read_as_a_table(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser())
    panel = page.locator("[aria-labelledby=chart-cpu_usage_percent]")
    expect(panel.locator("canvas")).to_be_visible()
    panel.get_by_text("Show as a table").click()
    expect(panel.get_by_role("cell", name="40.0 %").first).to_be_visible()


@pytest.mark.usefixtures("sampled")
def test_a_lost_network_is_said_and_found_again(open_page: OpenPage, complaints: list[str]) -> None:
    page = open_page("/ops/", person())
    pill = page.locator("[data-pill]")
    expect(pill).to_have_attribute("data-state", "live", timeout=WAIT_MS)
    page.context.set_offline(True)
    ask_now(page)
    expect(pill).to_contain_text("disconnected, retrying", timeout=WAIT_MS)
    page.context.set_offline(False)
    expect(pill).to_have_attribute("data-state", "live", timeout=WAIT_MS)
    complaints[:] = [text for text in complaints if "ERR_INTERNET_DISCONNECTED" not in text]


@pytest.mark.usefixtures("sampled")
def test_who_was_signed_out_elsewhere_is_offered_to_sign_in_again(open_page: OpenPage, complaints: list[str]) -> None:
    page = open_page("/ops/?from=now-6h&to=now", person())
    expect(page.locator("[data-pill]")).to_have_attribute("data-state", "live", timeout=WAIT_MS)
    Session.objects.all().delete()
    ask_now(page)
    link = page.get_by_role("link", name="signed out, sign in again")
    expect(link).to_have_attribute(
        "href", "/accounts/login/?next=%2Fops%2F%3Ffrom%3Dnow-6h%26to%3Dnow", timeout=WAIT_MS
    )
    complaints[:] = [text for text in complaints if "401" not in text]


@pytest.mark.usefixtures("sampled")
def test_the_theme_stays_chosen_in_console_and_admin(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser(), color_scheme="light")
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    switch = page.get_by_role("button", name="Theme")
    switch.click()  # auto to light
    switch.click()
    dark = page.evaluate(paper)
    assert dark != light
    for path in ("/ops/", "/admin/", "/admin/ahgd_alerts/rule/add/", "/accounts/password_change/"):
        page.goto(path)
        assert page.evaluate(paper) == dark, path


@pytest.mark.usefixtures("sampled")
def test_the_keyboard_reaches_the_content_past_the_navigation(open_page: OpenPage) -> None:
    page = open_page("/ops/", person())
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to main content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content-start"


def test_a_rule_is_edited_in_the_admin_inside_the_shell(open_page: OpenPage) -> None:
    rule = Rule.objects.create(name="high_cpu", condition="name == 'cpu_usage_percent' and value > 80")
    page = open_page("/ops/", superuser())
    page.get_by_role("navigation", name="Main").first.get_by_role("link", name="Rules").click()
    page.get_by_role("link", name="high_cpu").click()
    expect(page.get_by_role("navigation", name="Main").first.get_by_role("link", name="Rules")).to_have_attribute(
        "aria-current", "page"
    )
    page.locator("#id_condition").fill("name == 'cpu_usage_percent' and value > 0")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    rule.refresh_from_db()
    assert rule.condition.endswith("value > 0")


def test_a_popup_of_the_admin_closes_and_hands_its_choice_over(open_page: OpenPage) -> None:
    page = open_page("/admin/ahgd_alerts/rule/add/", superuser())
    with page.expect_popup() as opened:
        page.locator("#add_id_channels").click()
    popup = opened.value
    expect(popup.locator(".side")).to_have_count(0)
    popup.get_by_label("Name").fill("night-watch")
    popup.get_by_label("Kind").select_option("log")
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#id_channels_to option")).to_have_text("night-watch")
