from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from alerts.grouping import key_of
from alerts.models import Alert, Notification, Rule
from alerts.outbox import deliver_due
from alerts.validators import validate_group_by
from tests.alerts.cycles import judge
from tests.alerts.feed import Feed

LABELS = {"instance": "web-1", "team": "data"}


@pytest.mark.parametrize(
    ("group_by", "key"),
    [
        (["rule"], "rule=high_cpu"),
        (["team"], "team=data"),
        (["team", "rule"], "rule=high_cpu, team=data"),
        (["region"], "region="),
        ([], ""),
    ],
)
def test_alerts_that_agree_on_what_their_rule_chose_share_messages(group_by: list[str], key: str) -> None:
    assert key_of(group_by, "high_cpu", LABELS) == key


@pytest.mark.parametrize("names", ["rule", ["a b"], [1], {"rule": 1}, None])
def test_what_is_no_list_of_names_is_refused(names: object) -> None:
    with pytest.raises(ValidationError, match="names of tags as a list"):
        validate_group_by(names)


@pytest.mark.django_db(transaction=True)
def test_alerts_that_one_cycle_opens_are_told_in_one_message_that_names_each(
    make_rule: Callable[..., Rule], feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    judge(feed.now)
    make_rule(tags={"team": "data"}, group_by=["team"])
    for name in ("web-1", "web-2", "web-3"):
        feed(90, instance=name)
    judge(feed.now)
    with caplog.at_level("INFO", "ahgd_ops.alerts"):
        deliver_due(feed.now)

    assert set(Alert.objects.values_list("group_key", flat=True)) == {"team=data"}
    assert sorted(Notification.objects.values_list("state", flat=True)) == ["named", "named", "sent"]
    (told,) = [record.getMessage() for record in caplog.records if record.name == "ahgd_ops.alerts"]
    for name in ("web-1", "web-2", "web-3"):
        assert f'instance="{name}"' in told
