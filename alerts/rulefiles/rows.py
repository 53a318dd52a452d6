"""Stored rules as entries of a file, and back."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet

from alerts.cases import notation
from alerts.models import Case, Channel, EscalationPolicy, Rule, Severity
from alerts.rulefiles.document import SCALARS, CaseEntry, RuleEntry, SeriesEntry


def stored(names: Iterable[str] | None = None) -> QuerySet[Rule]:
    """Rules with all that an entry tells of them: these, or all."""
    rules = Rule.objects.select_related("owner_channel", "escalation_policy")
    rules = rules.prefetch_related("channels", "depends_on", "cases").order_by("name")
    return rules if names is None else rules.filter(name__in=names)


def entry_of(rule: Rule) -> RuleEntry:
    """The rule as a file tells it. Nothing is checked: what is stored past every form is told as it is."""
    owner, policy = rule.owner_channel, rule.escalation_policy
    return RuleEntry.model_construct(
        **{name: getattr(rule, name) for name in SCALARS},
        severity=word_of(rule.severity),
        worse_severity=word_of(rule.worse_severity),
        owner_channel=None if owner is None else owner.name,
        escalation_policy=None if policy is None else policy.name,
        channels=sorted(channel.name for channel in rule.channels.all()),
        depends_on=sorted(parent.name for parent in rule.depends_on.all()),
        cases=[case_entry_of(case) for case in rule.cases.all()],
    )


def case_entry_of(case: Case) -> CaseEntry:
    return CaseEntry.model_construct(
        name=case.name,
        expect="must fire" if case.must_fire else "must not fire",
        instance=case.instance,
        at_seconds=case.at_seconds,
        interval_seconds=case.interval_seconds,
        series=[_series_entry(row) for row in case.series.split("\n") if row.strip()],
    )


def case_fields(case: CaseEntry) -> dict[str, Any]:
    """What a stored case has of an entry."""
    return {
        "name": case.name,
        "must_fire": case.expect == "must fire",
        "instance": case.instance,
        "at_seconds": case.at_seconds,
        "interval_seconds": case.interval_seconds,
        "series": "\n".join(f"{one.series.strip()} {' '.join(one.values.split())}" for one in case.series),
    }


def unstored_cases(entry: RuleEntry) -> list[Case]:
    """The entry's cases as they would be stored."""
    return [Case(**case_fields(case)) for case in entry.cases]


def unstored(entry: RuleEntry) -> Rule:
    """The entry as a rule that is not saved, without what it refers to."""
    return filled(Rule(), entry)


def filled(rule: Rule, entry: RuleEntry) -> Rule:
    for name in ("name", *SCALARS):
        setattr(rule, name, getattr(entry, name))
    rule.severity, rule.worse_severity = _number(entry.severity), _number(entry.worse_severity)
    return rule


@dataclass(frozen=True, slots=True)
class Names:
    """Ids of what entries refer to by name."""

    channels: Mapping[str, int]
    policies: Mapping[str, int]
    rules: Mapping[str, int]

    @classmethod
    def known(cls) -> "Names":
        return cls(
            *(
                dict(rows.values_list("name", "pk"))
                for rows in (Channel.objects.all(), EscalationPolicy.objects.all(), Rule.objects.all())
            )
        )

    def missing(self, entry: RuleEntry, coming: Iterable[str] = ()) -> Iterator[str]:
        """What the entry refers to and nobody has; ``coming`` are names of rules that are about to be made."""
        channels = [*entry.channels, *([entry.owner_channel] if entry.owner_channel else [])]
        for name in dict.fromkeys(channels):
            if name not in self.channels:
                yield f"there is no channel {name!r}; make it under Channels, or leave it out"
        if entry.escalation_policy and entry.escalation_policy not in self.policies:
            yield f"there is no escalation policy {entry.escalation_policy!r}; make it first, or leave it out"
        for name in entry.depends_on:
            if name not in self.rules and name not in coming:
                yield f"there is no rule {name!r} to depend on"


@transaction.atomic
def store(entry: RuleEntry, names: Names, origin: str, actor: User | AnonymousUser | None = None) -> Rule:
    """Makes the rule of this name, or makes it so; its parents have to be there.

    ``origin`` says where a rule that is made came from; ``actor`` is who the history names, if anybody.
    """
    rule = filled(Rule.objects.filter(name=entry.name).first() or Rule(seeded_from=origin[:100]), entry)
    rule.owner_channel_id = names.channels[entry.owner_channel] if entry.owner_channel else None
    rule.escalation_policy_id = names.policies[entry.escalation_policy] if entry.escalation_policy else None
    setattr(rule, "_history_user", actor)  # noqa: B010  (django-simple-history's name, on no model)
    rule.save()
    rule.channels.set([names.channels[name] for name in entry.channels])
    rule.depends_on.set(Rule.objects.filter(name__in=entry.depends_on))
    if [case_fields(case_entry_of(case)) for case in rule.cases.all()] != [case_fields(one) for one in entry.cases]:
        rule.cases.all().delete()
        for case in unstored_cases(entry):
            case.rule = rule
            case.save()
    return rule


def _series_entry(row: str) -> SeriesEntry:
    line = notation.split_line(row)
    return SeriesEntry(series=line[0], values=line[1])


def word_of(severity: int) -> str:
    return Severity(severity).word


def _number(word: str) -> Severity:
    return Severity[word.upper()]
