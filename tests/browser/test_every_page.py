"""What holds for every page: no complaint of the browser, no sideways scrolling, fingers find what they need."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from django.utils import timezone
from playwright.sync_api import Page

from ahgd_ops.navigation import PLACES
from alerts.models import Rule
from monitoring.clock import to_ms
from monitoring.health import Finding, Status
from monitoring.health.history import record as record_health
from monitoring.health.status import Result
from monitoring.keeping import chunks
from monitoring.keeping.frame import Frame
from monitoring.models import MetricChunk, QueryShape
from tests.alerts.escalation.policies import a_policy
from tests.alerts.muting.rows import a_silence
from tests.alerts.rows import a_channel, an_alert, firing
from tests.browser.conftest import PHONE
from tests.monitoring.readings import record
from tests.people import superuser

pytestmark = [pytest.mark.debian("chromium"), pytest.mark.once]
OpenPage = Callable[..., Page]

PAGES = (
    "/ops/",
    "/ops/database/",
    "/ops/database/query/{query}/",
    "/ops/jobs/",
    "/ops/alerts/",
    "/ops/cache/",
    "/ops/alerts/history/",
    "/ops/alerts/silenced/",
    "/ops/silences/",
    "/ops/alerts/rules/a_rule_with_a_rather_long_name_for_a_phone/explain/",
    "/ops/silences/new/?alert={alert}",
    "/ops/alerts/{alert}/",
    "/ops/alerts/runbooks/high_cpu_usage/",
    "/ops/health/",
    "/ops/health/disk/",
    "/admin/ahgd_monitoring/watchedcheck/add/",
    "/admin/ahgd_monitoring/healthcheckstate/",
    "/admin/ahgd_monitoring/healthrecord/",
    "/admin/ahgd_monitoring/healthday/",
    "/admin/ahgd_monitoring/excludedinterval/add/",
    "/admin/",
    "/admin/ahgd_alerts/",
    "/admin/ahgd_alerts/rule/",
    "/admin/ahgd_alerts/rule/?enabled__exact=1",
    "/admin/ahgd_alerts/rule/add/",
    "/admin/ahgd_alerts/rule/{rule}/change/",
    "/admin/ahgd_alerts/rule/{rule}/history/",
    "/admin/ahgd_alerts/rule/{rule}/delete/",
    "/admin/ahgd_alerts/channel/add/?_popup=1",
    "/admin/ahgd_alerts/alert/",
    "/admin/ahgd_alerts/escalationpolicy/",
    "/admin/ahgd_alerts/escalationpolicy/{policy}/change/",
    "/admin/ahgd_ops/apitoken/add/",
    "/api/v1/docs",
    "/ops/alerts/runbooks/escalation/",
    "/admin/ahgd_alerts/silence/",
    "/admin/ahgd_alerts/silence/add/",
    "/admin/ahgd_alerts/maintenancewindow/add/",
    "/admin/ahgd_monitoring/metricsnapshot/",
    "/admin/ahgd_monitoring/metricchunk/",
    "/admin/ahgd_monitoring/metricchunk/{chunk}/change/",
    "/admin/auditlog/logentry/",
    "/admin/auth/user/{user}/change/",
    "/admin/password_change/",
    "/accounts/password_change/",
)
SIGNED_OUT_PAGES = ("/accounts/login/", "/accounts/password_reset/", "/accounts/password_reset/done/")
SIDEWAYS = "document.documentElement.scrollWidth - innerWidth"
TARGETS = ".dock a, .dock summary, .top button, .top summary, main .button, main .segments a"
SMALL_TARGETS = f"""() => [...document.querySelectorAll('{TARGETS}')]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 40)
    .map((one) => one.outerHTML)"""


@pytest.fixture
def shown(transactional_db: None) -> dict[str, int]:
    """A console with something on every page; the ids that addresses are filled with."""
    now = timezone.now()
    cpu = record("cpu_usage_percent", {now: 40.0}, instance="web-with-quite-a-long-name.internal.example.org")
    finding = Finding(Status.CRITICAL, "97 % in use under /var/lib/" + "x" * 120, {"usage_percent": 97.1})
    for host in ("", "web-with-quite-a-long-name.internal.example.org"):
        record_health([Result("disk", finding, 12.5, now)], now, host)
    rule = Rule.objects.create(name="a_rule_with_a_rather_long_name_for_a_phone", condition="value > 1")
    fields = {"labels": {"metric": "cpu_usage_percent"}, "subject": "x" * 200, "summary": "y" * 200}
    alert = an_alert(now, rule=rule, **fields)
    firing(alert, a_channel(), now)
    a_silence(f"rule={rule.name}\nsubject=~{'x' * 150}.*", now, timedelta(hours=4))
    a_silence("rule=later", now + timedelta(days=1), timedelta(hours=4), now=now)
    a_silence("rule=before", now - timedelta(hours=2), timedelta(hours=1))
    an_alert(now, rule=rule, fingerprint="old", resolved_at=now, resolved_reason="condition is false", **fields)
    name = "SELECT a_table_with_quite_a_long_name_for_a_phone 1f2e3d4c"
    record("db_query_duration_seconds", {now: 0.25}, "seconds", database="default", query=name)
    query = QueryShape.objects.create(
        database="default",
        vendor="sqlite",
        query=name,
        text="SELECT " + "wide, " * 200,
        first_at=now,
        plan="SCAN t " * 40,
    )
    policy = a_policy(15, 60)
    with chunks.alone():
        chunks.add({cpu.pk: Frame(to_ms(now) + 1000 * np.arange(60), np.linspace(40, 97.25, 60))})
    chunk = MetricChunk.objects.earliest("resolution").pk
    ids = {"alert": alert.pk, "rule": rule.pk, "query": query.pk, "user": superuser().pk, "policy": policy.pk}
    return ids | {"chunk": chunk}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_makes_the_browser_complain(open_page: OpenPage, shown: dict[str, int], scheme: str) -> None:
    from django.contrib.auth.models import User

    page = open_page("/ops/", User.objects.get(pk=shown["user"]), color_scheme=scheme)
    for path in PAGES:
        page.goto(path.format(**shown))
        if path.startswith("/ops/"):
            page.locator("[data-pill]:not([data-state=waiting])").wait_for()


def test_no_signed_out_page_makes_the_browser_complain(open_page: OpenPage) -> None:
    page = open_page("/accounts/login/")
    for path in SIGNED_OUT_PAGES:
        page.goto(path)


def test_on_a_phone_nothing_scrolls_sideways_and_targets_are_large(open_page: OpenPage, shown: dict[str, int]) -> None:
    from django.contrib.auth.models import User

    phone = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
    page = open_page("/ops/", User.objects.get(pk=shown["user"]), **phone)
    for path in PAGES:
        page.goto(path.format(**shown))
        assert page.evaluate(SIDEWAYS) <= 0, path
        assert page.evaluate(SMALL_TARGETS) == [], path


def test_on_a_phone_what_an_alarm_needs_stands_at_the_bottom(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser(), viewport=PHONE)
    assert page.locator(".dock > a").all_inner_texts() == ["Overview", "Alerts", "Health", "Rules"]
    assert not page.locator(".side").is_visible()


def test_on_a_phone_every_other_place_is_in_the_menu_beside_them(open_page: OpenPage) -> None:
    page = open_page("/ops/", superuser(), viewport=PHONE)
    page.locator(".dock summary").click()
    docked = [*page.locator(".dock > a").all_inner_texts(), *page.locator(".dock .menu-item").all_inner_texts()]
    assert sorted(docked) == sorted(place.name for place in PLACES)

    page.locator(".dock").get_by_text("Cache", exact=True).click()
    page.wait_for_url("**/ops/cache/")
    assert page.locator(".dock .menu-item[aria-current]").text_content() == "Cache"
