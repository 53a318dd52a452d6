from datetime import timedelta

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from alerts import escalation
from alerts.models import Channel, EscalationPolicy, Rule
from tests.alerts.escalation.policies import a_policy, escalating_alert
from tests.alerts.rows import a_channel
from tests.people import person

pytestmark = pytest.mark.django_db
ADDRESS = "/admin/ahgd_alerts/escalationpolicy/"


def sent(*steps: dict[str, object], name: str = "night-shift", initial: int = 0) -> dict[str, object]:
    """What the form of a policy with these steps sends."""
    counts = {"TOTAL_FORMS": len(steps), "INITIAL_FORMS": initial, "MIN_NUM_FORMS": 1, "MAX_NUM_FORMS": 1000}
    fields: dict[str, object] = {"name": name, "description": ""}
    fields |= {f"steps-{key}": value for key, value in counts.items()}
    return fields | {f"steps-{place}-{key}": value for place, step in enumerate(steps) for key, value in step.items()}


def waits(policy: EscalationPolicy) -> list[tuple[int, int]]:
    return list(policy.steps.values_list("position", "wait_minutes"))


@pytest.fixture
def pager() -> Channel:
    return a_channel("pager")


def test_steps_without_a_number_are_numbered_as_they_were_entered(admin_client: Client, pager: Channel) -> None:
    steps = [{"position": "", "wait_minutes": wait, "channels": [pager.pk]} for wait in (15, 60)]
    response = admin_client.post(f"{ADDRESS}add/", sent(*steps))
    assert response.status_code == 302, response.content.decode()
    assert waits(EscalationPolicy.objects.get()) == [(1, 15), (2, 60)]
    assert LogEntry.objects.get_for_object(EscalationPolicy.objects.get()).count() == 1


def test_a_policy_needs_a_step_and_a_step_somebody_to_tell(admin_client: Client) -> None:
    page = admin_client.post(f"{ADDRESS}add/", sent({"position": "", "wait_minutes": 15})).content.decode()
    assert "Choose whom this step tells." in page
    page = admin_client.post(f"{ADDRESS}add/", sent()).content.decode()
    assert "Please submit at least 1 form." in page
    assert not EscalationPolicy.objects.exists()


def test_two_steps_cannot_have_one_number(admin_client: Client, pager: Channel) -> None:
    steps = [{"position": 1, "wait_minutes": wait, "channels": [pager.pk]} for wait in (15, 60)]
    page = admin_client.post(f"{ADDRESS}add/", sent(*steps)).content.decode()
    assert "Please correct the duplicate" in page


def test_the_list_reads_as_what_happens(admin_client: Client) -> None:
    escalating_alert(a_policy(15, 60), timezone.now())
    page = admin_client.get(ADDRESS).content.decode()
    assert "after 15 min step-1, after 60 min more step-2" in page


def test_a_policy_names_its_rules(admin_client: Client) -> None:
    policy = a_policy(15)
    assert "no rule yet" in admin_client.get(f"{ADDRESS}{policy.pk}/change/").content.decode()
    escalating_alert(policy, timezone.now())
    assert "high_cpu_usage" in admin_client.get(f"{ADDRESS}{policy.pk}/change/").content.decode()


def test_a_rule_takes_its_policy_from_a_list(admin_client: Client) -> None:
    rule = Rule.objects.create(name="high_cpu_usage", condition="value > 80")
    a_policy(15)
    page = admin_client.get(f"/admin/ahgd_alerts/rule/{rule.pk}/change/").content.decode()
    assert 'name="escalation_policy"' in page
    assert "night-shift" in page


def test_an_alert_shows_how_far_it_has_come(admin_client: Client) -> None:
    now = timezone.now()
    alert = escalating_alert(a_policy(15, 60), now - timedelta(minutes=20))
    escalation.sweep(now)
    page = admin_client.get(f"/admin/ahgd_alerts/alert/{alert.pk}/change/").content.decode()
    assert "night-shift of alert" in page
    assert "Escalated" in page


def test_a_viewer_may_look_at_policies_and_not_edit_them(client: Client) -> None:
    policy = a_policy(15)
    client.force_login(person("Viewer", is_staff=True))
    assert client.get(f"{ADDRESS}{policy.pk}/change/").status_code == 200
    assert client.post(f"{ADDRESS}{policy.pk}/change/", sent(name="mine")).status_code == 403


def test_whoever_saves_a_policy_that_tells_nobody_is_told_so(admin_client: Client, pager: Channel) -> None:
    policy = a_policy(15)
    escalating_alert(policy, timezone.now())
    Channel.objects.filter(name="step-1").update(enabled=False)
    step = policy.steps.get()
    kept = {"id": step.pk, "position": 1, "wait_minutes": 15, "channels": [step.channels.get().pk]}
    address = f"{ADDRESS}{policy.pk}/change/"
    page = admin_client.post(address, sent(kept, initial=1), follow=True).content.decode()
    assert "Policy night-shift tells nobody in its step 1: choose a channel" in page
