"""Which open alerts speak for others: those of a rule that another depends on, on what agrees in the tags both have."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from alerts.gates import Muted
from alerts.models import Alert, Rule

_OF_THE_RULE = frozenset({"metric", "check"})


def firing_parents(alerts: Sequence[Alert]) -> dict[int, Muted]:
    """By the alert's id, the oldest open alert of a parent that speaks for it."""
    parents: defaultdict[int, set[int]] = defaultdict(set)
    links = Rule.depends_on.through.objects.filter(from_rule_id__in={alert.rule_id for alert in alerts})
    for child, parent in links.values_list("from_rule_id", "to_rule_id"):
        parents[child].add(parent)
    if not parents:
        return {}
    wanted = set().union(*parents.values())
    firing = list(Alert.objects.filter(rule__in=wanted, resolved_at__isnull=True).select_related("rule").order_by("pk"))
    return speakers_of(alerts, parents, firing)


def speakers_of(
    alerts: Iterable[Alert], parents: Mapping[int, Collection[int]], firing: Sequence[Alert]
) -> dict[int, Muted]:
    """The same among these open alerts, by what each rule depends on."""
    found: dict[int, Muted] = {}
    for alert in alerts:
        speaker = next(
            (one for one in firing if one.rule_id in parents.get(alert.rule_id or 0, ()) and _agree(one, alert)), None
        )
        if speaker is not None:
            said = f"depends on {speaker.rule_name}, which fires on {speaker.subject}"
            found[alert.pk] = Muted(speaker.pk, said[:300])
    return found


def _agree(one: Alert, other: Alert) -> bool:
    tags, others = _own_tags(one), _own_tags(other)
    return all(others.get(name, value) == value for name, value in tags.items())


def _own_tags(alert: Alert) -> Mapping[str, object]:
    """The tags of the subject, without what comes from the rule."""
    rule_tags = alert.rule.tags if alert.rule is not None else {}
    return {name: value for name, value in alert.labels.items() if name not in _OF_THE_RULE and name not in rule_tags}
