import json
from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.db.models import Model
from django.forms import BaseForm
from django.test import Client, RequestFactory

from alerts import evaluation
from alerts.escalation.forms import StepForm
from alerts.models import Alert, Channel, EscalationPolicy, MaintenanceWindow, Notification, Rule, Silence
from alerts.views.silence_forms import SilenceForm
from tests.alerts.feed import Feed

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def form_of(rule: Rule, **changes: object) -> dict[str, object]:
    return {
        "name": rule.name,
        "condition": rule.condition,
        "severity": rule.severity,
        "enabled": "on",
        "for_seconds": rule.for_seconds,
        "keep_firing_for_seconds": 0,
        "worse_severity": rule.worse_severity,
        "no_data": rule.no_data,
        "no_data_after_seconds": rule.no_data_after_seconds,
        "cooldown_minutes": rule.cooldown_minutes,
        "max_alerts_per_hour": rule.max_alerts_per_hour,
        "repeat_interval_minutes": rule.repeat_interval_minutes,
        "group_by": json.dumps(rule.group_by),
        "tags": "{}",
        "channels": [channel.pk for channel in rule.channels.all()],
        **changes,
    }


def test_an_edited_rule_counts_a_version_up_and_the_audit_log_has_both_texts(
    admin: Client, make_rule: Callable[..., Rule]
) -> None:
    rule = make_rule()
    new = "name == 'cpu_usage_percent' and value > 0"
    response = admin.post(f"/admin/ahgd_alerts/rule/{rule.pk}/change/", form_of(rule, condition=new))
    assert response.status_code == 302
    rule.refresh_from_db()
    assert (rule.condition, rule.version) == (new, 2)
    change = LogEntry.objects.get_for_object(rule).filter(action=LogEntry.Action.UPDATE).latest()
    assert change.changes_dict["condition"] == ["name == 'cpu_usage_percent' and value > 80", new]
    assert change.actor.username == "root"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"condition": "value > 85 and valu < 99"}, "Column 16: `valu` is not known; did you mean `value`?"),
        ({"condition": "value > 85\nand valu < 99"}, "Line 2, column 5: `valu` is not known"),
        ({"condition": "value > 85 && True"}, "write `and`"),
        ({"cooldown_minutes": "2147483647"}, "less than or equal to 43200"),
        ({"condition": "avg('cpu_usage_percent', '5x') > 80"}, "the window is a whole number"),
        ({"worse_condition": "valu > 95"}, "did you mean `value`"),
        ({"message_template": "{value.__class__}"}, "is not a fact"),
        ({"runbook_url": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"tags": '{"team": 5}'}, "Write names and texts"),
        ({"cooldown_minutes": 2147483647}, "less than or equal to 43200"),
        ({"repeat_interval_minutes": 2147483647}, "less than or equal to 43200"),
        ({"max_alerts_per_hour": 2147483647}, "less than or equal to 10000"),
    ],
)
def test_a_mistake_in_a_rule_is_explained_beside_its_field(
    admin: Client, make_rule: Callable[..., Rule], changes: dict[str, str], says: str
) -> None:
    rule = make_rule()
    response = admin.post(f"/admin/ahgd_alerts/rule/{rule.pk}/change/", form_of(rule, **changes))
    assert response.status_code == 200
    errors = str(response.context["errors"]) + str(response.context["adminform"].form.errors)
    assert says in errors.replace("&#x27;", "'")


@pytest.mark.parametrize("field", ["cooldown_minutes", "max_alerts_per_hour", "repeat_interval_minutes", "group_by"])
def test_how_often_a_rule_tells_is_in_its_form_and_explained(
    admin: Client, make_rule: Callable[..., Rule], field: str
) -> None:
    page = admin.get(f"/admin/ahgd_alerts/rule/{make_rule().pk}/change/")
    assert f'name="{field}"' in page.content.decode()
    assert page.context["adminform"].form.fields[field].help_text


def unexplained(form: type[BaseForm]) -> list[str]:
    fields = {name: field for name, field in form.base_fields.items() if not field.widget.is_hidden}
    assert fields
    return [name for name, field in fields.items() if not field.help_text]


@pytest.mark.parametrize("model", [Rule, Channel, EscalationPolicy, MaintenanceWindow, Silence])
def test_every_field_that_people_edit_says_what_it_means(model: type[Model], rf: RequestFactory) -> None:
    request = rf.get("/")
    request.user = User(is_staff=True, is_superuser=True)
    assert unexplained(site.get_model_admin(model).get_form(request)) == []


@pytest.mark.parametrize("form", [StepForm, SilenceForm])
def test_so_does_every_field_of_a_step_and_of_a_silence_of_the_console(form: type[BaseForm]) -> None:
    assert unexplained(form) == []


def test_the_list_shows_what_each_rule_does_now(admin: Client, make_rule: Callable[..., Rule], feed: Feed) -> None:
    evaluation.evaluate(feed.now)
    make_rule("firing_rule")
    make_rule("waiting_rule", for_seconds=600)
    make_rule("quiet_rule", condition="value > 1000")
    make_rule("off_rule", enabled=False)
    make_rule("broken_rule", condition="name == 'cpu_usage_percent' and 1 / (value - 90) > 0")
    feed(90)
    evaluation.evaluate(feed.now)
    page = admin.get("/admin/ahgd_alerts/rule/").content.decode()
    for word in ("firing", "pending", "ok", "disabled", "broken"):
        assert f" {word}</span>" in page
    assert '<div class="help">division by zero: 1 / 0 (on cpu_usage_percent)</div>' in page


def test_rules_are_disabled_in_bulk_and_each_is_audited(admin: Client, make_rule: Callable[..., Rule]) -> None:
    rules = [make_rule("one"), make_rule("two")]
    data = {"action": "disable", "_selected_action": [rule.pk for rule in rules]}
    admin.post("/admin/ahgd_alerts/rule/", data)
    assert not Rule.objects.filter(enabled=True).exists()
    assert LogEntry.objects.filter(action=LogEntry.Action.UPDATE, changes__has_key="enabled").count() == 2


def test_alerts_and_notifications_are_history(admin: Client, make_rule: Callable[..., Rule], feed: Feed) -> None:
    evaluation.evaluate(feed.now)
    make_rule()
    feed(90)
    evaluation.evaluate(feed.now)
    alert, told = Alert.objects.get(), Notification.objects.get()
    assert admin.get(f"/admin/ahgd_alerts/alert/{alert.pk}/change/").status_code == 200
    assert admin.post(f"/admin/ahgd_alerts/alert/{alert.pk}/change/", {"rule_name": "x"}).status_code == 403
    assert admin.post(f"/admin/ahgd_alerts/notification/{told.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_rule_form_keeps_the_word_silence_for_what_people_silence(admin: Client) -> None:
    page = admin.get("/admin/ahgd_alerts/rule/add/").content.decode()
    assert "No data</" in page
    assert ">Silence</" not in page


def test_what_was_given_up_can_be_sent_again(admin: Client, make_rule: Callable[..., Rule], feed: Feed) -> None:
    evaluation.evaluate(feed.now)
    make_rule()
    feed(90)
    evaluation.evaluate(feed.now)
    told = Notification.objects.get()
    Notification.objects.update(state=Notification.State.DEAD)
    admin.post("/admin/ahgd_alerts/notification/", {"action": "again", "_selected_action": [told.pk]})
    again = Notification.objects.get()
    assert (again.state, again.delivery_id) == (Notification.State.DUE, told.delivery_id)


def change(admin: Client, rule: Rule, **changes: object) -> str:
    """Saves the form; what the page after it says."""
    url = f"/admin/ahgd_alerts/rule/{rule.pk}/change/"
    response = admin.post(url, form_of(rule, **changes), follow=True)
    return response.content.decode()


def test_the_history_has_a_row_for_each_real_change_and_who_made_it(
    admin: Client, make_rule: Callable[..., Rule]
) -> None:
    rule = make_rule()
    before = rule.history.count()
    change(admin, rule)
    assert rule.history.count() == before
    change(admin, rule, for_seconds=60)
    assert rule.history.count() == before + 1
    assert rule.history.latest().history_user.username == "root"
    page = admin.get(f"/admin/ahgd_alerts/rule/{rule.pk}/history/").content.decode()
    assert "For (seconds)" in page
    assert "0 → 60" in page
    assert "style=" not in page.split("<table", 1)[1].split("</table>")[0]


def test_what_evaluation_writes_is_no_history(admin: Client, make_rule: Callable[..., Rule], feed: Feed) -> None:
    rule = make_rule(condition="name == 'cpu_usage_percent' and 1 / (value - 90) > 0")
    before = rule.history.count()
    evaluation.evaluate(feed.now)
    feed(90)
    evaluation.evaluate(feed.now)
    assert rule.history.count() == before


def test_a_window_over_a_metric_that_nobody_recorded_is_a_warning(
    admin: Client, make_rule: Callable[..., Rule]
) -> None:
    rule = make_rule()
    url = f"/admin/ahgd_alerts/rule/{rule.pk}/change/"
    response = admin.post(url, form_of(rule, condition="avg('cpu_usge_percent', '5m') > 80"), follow=True)
    assert "cpu_usge_percent" in " ".join(str(message) for message in response.context["messages"])
    assert Rule.objects.get().condition.startswith("avg")


def test_rules_that_would_wait_for_each_other_are_refused(admin: Client, make_rule: Callable[..., Rule]) -> None:
    first, second, third = make_rule("first"), make_rule("second"), make_rule("third")
    second.depends_on.add(first)
    third.depends_on.add(second)
    response = admin.post(f"/admin/ahgd_alerts/rule/{first.pk}/change/", form_of(first, depends_on=[third.pk]))
    assert "third depends on this rule already" in str(response.context["adminform"].form.errors)


def test_a_rule_cannot_wait_for_itself(admin: Client, make_rule: Callable[..., Rule]) -> None:
    rule = make_rule()
    response = admin.post(f"/admin/ahgd_alerts/rule/{rule.pk}/change/", form_of(rule, depends_on=[rule.pk]))
    assert "depends on this rule" in str(response.context["adminform"].form.errors)


def test_a_copy_is_disabled_and_tells_the_same_channels(admin: Client, make_rule: Callable[..., Rule]) -> None:
    rule = make_rule()
    for _ in range(2):
        admin.post("/admin/ahgd_alerts/rule/", {"action": "duplicate", "_selected_action": [rule.pk]})
    copies = Rule.objects.filter(name__startswith="high_cpu-copy").order_by("name")
    assert [(copy.name, copy.enabled, copy.condition) for copy in copies] == [
        ("high_cpu-copy", False, rule.condition),
        ("high_cpu-copy2", False, rule.condition),
    ]
    assert all(copy.channels.count() == 1 for copy in copies)


def test_the_list_tells_how_often_a_rule_fires(admin: Client, make_rule: Callable[..., Rule], feed: Feed) -> None:
    evaluation.evaluate(feed.now)
    make_rule()
    for value in (90, 20, 90, 20):
        feed(value)
    evaluation.evaluate(feed.now)
    (row,) = admin.get("/admin/ahgd_alerts/rule/").context["cl"].result_list
    assert (row.fires, row.last_fired_at) == (2, Alert.objects.latest("opened_at").opened_at)


@pytest.mark.parametrize(("state", "names"), [("firing", ["loud"]), ("quiet", ["calm"]), ("pending", [])])
def test_the_list_is_narrowed_to_a_state(
    admin: Client, make_rule: Callable[..., Rule], feed: Feed, state: str, names: list[str]
) -> None:
    evaluation.evaluate(feed.now)
    make_rule("loud")
    make_rule("calm", condition="value > 1000")
    feed(90)
    evaluation.evaluate(feed.now)
    found = admin.get(f"/admin/ahgd_alerts/rule/?state={state}").context["cl"].result_list
    assert [rule.name for rule in found] == names


def test_the_form_tells_what_the_rule_says_now(admin: Client, make_rule: Callable[..., Rule], feed: Feed) -> None:
    feed(93, instance="a")
    page = admin.get(f"/admin/ahgd_alerts/rule/{make_rule().pk}/change/").content.decode()
    assert "cpu_usage_percent{instance=&quot;a&quot;} is 93: true" in page


def test_whoever_saves_a_rule_that_tells_nobody_is_told_so(admin: Client, make_rule: Callable[..., Rule]) -> None:
    rule = make_rule()
    address, says = f"/admin/ahgd_alerts/rule/{rule.pk}/change/", "Rule high_cpu tells nobody: choose a channel"
    assert says not in admin.post(address, form_of(rule), follow=True).content.decode()
    assert says in admin.post(address, form_of(rule, channels=[]), follow=True).content.decode()
