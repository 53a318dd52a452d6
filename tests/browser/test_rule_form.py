"""The rule form while somebody writes: mistakes under the condition, verdicts of now, completion."""

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.monitoring.readings import record
from tests.people import superuser

pytestmark = [pytest.mark.debian("chromium"), pytest.mark.once]
OpenPage = Callable[..., Page]
ADD = "/admin/ahgd_alerts/rule/add/"


def test_a_mistake_is_shown_under_the_condition_while_it_is_written(open_page: OpenPage) -> None:
    page = open_page(ADD, superuser())
    page.locator("#id_condition").fill("valu > 85")
    said = page.locator(".field-condition .condition-said")
    expect(said).to_contain_text("did you mean `value`?")
    expect(said.locator("mark")).to_have_text("valu > 85")
    expect(page.locator("#id_condition")).to_have_attribute("aria-invalid", "true")
    page.locator("#id_condition").fill("value > 85")
    expect(said).to_contain_text("Accepted")
    expect(page.locator("#id_condition")).to_have_attribute("aria-invalid", "false")


def test_the_verdict_of_now_is_shown_for_each_series(open_page: OpenPage) -> None:
    record("cpu_usage_percent", {timezone.now(): 93.0}, instance="a")
    record("cpu_usage_percent", {timezone.now(): 20.0}, instance="b")
    page = open_page(ADD, superuser(), viewport=PHONE)
    page.locator("#id_condition").fill("name == 'cpu_usage_percent' and value > 80")
    rows = page.locator(".field-condition .condition-said tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text('cpu_usage_percent{instance="a"}')
    expect(rows.first).to_contain_text("true")


def test_names_are_completed_by_tab_and_by_a_click(open_page: OpenPage) -> None:
    page = open_page(ADD, superuser())
    condition = page.locator("#id_condition")
    condition.press_sequentially("name == 'cpu_us")
    words = page.locator(".field-condition .condition-words button")
    expect(words).to_have_text(["cpu_usage_percent"])
    condition.press("Tab")
    expect(condition).to_have_value("name == 'cpu_usage_percent")
    condition.press_sequentially("' and val")
    expect(words).to_have_text(["value"])
    words.click()
    expect(condition).to_have_value("name == 'cpu_usage_percent' and value")


def test_the_words_are_asked_for_once_and_an_offer_stays_under_the_pointer(open_page: OpenPage) -> None:
    page = open_page(ADD, superuser())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/conditions/words/" in request.url else None)
    condition = page.locator("#id_condition")
    condition.press_sequentially("va")
    offered = page.locator(".field-condition .condition-words button")
    expect(offered).to_have_text(["value"])
    held = offered.element_handle()
    condition.press_sequentially("lu")
    expect(condition).to_have_value("valu")
    assert held is not None
    assert held.evaluate("button => button.isConnected")
    assert len(asked) == 1
