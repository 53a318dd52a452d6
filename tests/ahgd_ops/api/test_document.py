"""What the OpenAPI document promises holds for generated calls, sensible ones and nonsense."""

from collections.abc import Iterator

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from ahgd_ops.access import tokens
from alerts.models import Alert
from tests.alerts.rows import an_alert
from tests.people import person

pytestmark = pytest.mark.django_db
ALERT = "/api/v1/alerts/{alert_id}"
RULE = "/api/v1/rules/{name}"
OPERATIONS = (
    ("/api/v1/alerts", "GET"),
    (ALERT, "GET"),
    (f"{ALERT}/acknowledge", "POST"),
    (f"{ALERT}/give-back", "POST"),
    (f"{ALERT}/silence", "POST"),
    (f"{ALERT}/resolve", "POST"),
    (f"{RULE}/replay", "POST"),
    (f"{RULE}/explain", "GET"),
)
NOT_ASKED = [negative_data_rejection]  # nonsense may stand in the headers only, of which the token is put right


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """The application is called in this thread: its requests must leave the test's own connection alone."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def token(db: None) -> str:
    scopes = ["alerts:read", "alerts:acknowledge", "alerts:silence", "alerts:resolve", "rules:read"]
    return tokens.issue("schemathesis", scopes, person("Operator"))[1]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_an_answer_is_one_that_the_document_describes(token: str, path: str, method: str, mode: GenerationMode) -> None:
    takes_language = path.endswith(("/silence", "/replay"))  # matchers, conditions and spans
    not_asked = NOT_ASKED + ([positive_data_acceptance] if takes_language else [])
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())
    there = an_alert(timezone.now()).pk

    @settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=schema[path][method].as_strategy(generation_mode=mode), is_there=st.booleans())
    def call(case: schemathesis.Case, is_there: bool) -> None:
        if is_there and "alert_id" in case.path_parameters:
            case.path_parameters["alert_id"] = there
        if is_there and "name" in case.path_parameters:
            case.path_parameters["name"] = "high_cpu_usage"  # of the alert's rule
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=not_asked)

    call()
    assert Alert.objects.filter(pk=there).exists()
