from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from ahgd_ops.celery import ensure_schedule
from monitoring.models import CollectorState
from tests.people import person

pytestmark = [pytest.mark.debian("chromium"), pytest.mark.once]


def test_a_collector_that_fails_while_one_looks_appears_by_itself(open_page: Callable[..., Page]) -> None:
    ensure_schedule()
    hourly = CollectorState(name="disk", instance="host-a", every_seconds=3600, finished_at=timezone.now())
    hourly.save()
    page = open_page("/ops/jobs/", person("Viewer", name="vera"))
    row = page.get_by_role("row").filter(has_text="on host-a")
    expect(row).to_contain_text("on time")
    CollectorState.objects.update(error="OSError: no such device")
    expect(row).to_contain_text("OSError: no such device")
    expect(row).to_contain_text("failed")
