import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from pytest_httpserver import HTTPServer

from monitoring.models import WatchedCheck
from tests.people import person

pytestmark = pytest.mark.django_db
ADD = "/admin/ahgd_monitoring/watchedcheck/add/"
LIST = "/admin/ahgd_monitoring/watchedcheck/"


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def form(**fields: object) -> dict[str, object]:
    whole = {
        "name": "api", "kind": "http", "enabled": "on", "target": "http://127.0.0.1:9/", "note": "",
        "every_seconds": 60, "timeout_seconds": 30, "statuses": "200-299", "text": "", "warning": "", "critical": "",
        "rules": "{}",
    }  # fmt: skip
    return whole | fields


def test_a_check_is_added_and_the_audit_log_says_by_whom(admin: Client) -> None:
    assert admin.post(ADD, form()).status_code == 302
    row = WatchedCheck.objects.get()
    assert (row.name, row.target, row.enabled) == ("api", "http://127.0.0.1:9/", True)
    entry = LogEntry.objects.get_for_object(row).get()
    assert (entry.actor.username, entry.changes["target"]) == ("root", ["***", "***"])


def test_it_is_run_at_once_with_the_result_on_its_page(admin: Client, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/ok").respond_with_data("ok")
    added = admin.post(ADD, form(target=httpserver.url_for("/ok"), warning=1e6, critical=1e6, _run="x"), follow=True)
    assert "“api” is healthy: " in added.content.decode()
    assert "answers 200 OK in" in added.content.decode()
    change = added.request["PATH_INFO"]
    httpserver.clear()
    changed = admin.post(change, form(target=httpserver.url_for("/gone"), _run="x"), follow=True)
    assert "expected 200-299" in changed.content.decode()
    assert WatchedCheck.objects.get().tried_status == "critical"
    assert LogEntry.objects.get_for_object(WatchedCheck.objects.get()).count() == 2  # runs are no changes


def test_it_is_run_from_the_list(admin: Client) -> None:
    admin.post(ADD, form(kind="tcp", target="127.0.0.1:9"))
    chosen = {"action": "run_now", "_selected_action": [WatchedCheck.objects.get().pk]}
    page = admin.post(LIST, chosen, follow=True).content.decode()
    assert "“api” is critical: Unreachable: Connection refused" in page


def test_they_are_switched_off_and_on_from_the_list(admin: Client) -> None:
    admin.post(ADD, form())
    chosen = {"_selected_action": [WatchedCheck.objects.get().pk]}
    admin.post(LIST, chosen | {"action": "switch_off"})
    assert not WatchedCheck.objects.get().enabled
    assert "switched off" in admin.get(LIST).content.decode()
    admin.post(LIST, chosen | {"action": "switch_on"})
    assert "waits for its first run" in admin.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("target", "nonsense", "The address has to start with http://"),
        ("name", "disk", "a check called disk of its own"),
        ("name", "A Check", "Small letters, digits"),
        ("statuses", "ok", "is no status code"),
        ("rules", '{"colums": []}', "There is no rule"),
        ("rules", "{", "Enter a valid JSON"),
        ("every_seconds", 1, "greater than or equal to 5"),
    ],
)
def test_a_mistake_is_told_at_its_field(admin: Client, field: str, value: object, says: str) -> None:
    response = admin.post(ADD, form(**{field: value}))
    assert response.status_code == 200
    assert says in str(response.context["adminform"].form.errors[field])


def test_the_name_stays_once_there_is_a_history(admin: Client) -> None:
    admin.post(ADD, form())
    row = WatchedCheck.objects.get()
    admin.post(f"{LIST}{row.pk}/change/", form(name="other", target="http://127.0.0.1:10/"))
    row.refresh_from_db()
    assert (row.name, row.target) == ("api", "http://127.0.0.1:10/")


def test_a_token_in_a_target_is_seen_only_by_those_who_may_change_it(admin: Client) -> None:
    row = WatchedCheck.objects.create(name="api", kind="http", target="http://db/x?token=hunter2", text="ok")
    change = f"{LIST}{row.pk}/change/"
    assert "hunter2" in admin.get(change).content.decode()
    viewer = Client()
    viewer.force_login(person("Viewer", is_staff=True))
    for path in (LIST, change):
        page = viewer.get(path).content.decode()
        assert "http://db/x" in page
        assert "hunter2" not in page


def test_viewers_of_the_admin_run_nothing(client: Client) -> None:
    client.force_login(person("Viewer", is_staff=True))
    WatchedCheck.objects.create(name="api", kind="tcp", target="127.0.0.1:9")
    page = client.get(LIST)
    assert page.status_code == 200
    assert "Run the selected checks now" not in page.content.decode()
    assert client.post(ADD, form(_run="x")).status_code == 403
