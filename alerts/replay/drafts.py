"""A rule to be replayed: saved or not, with what it depends on."""

from copy import copy
from dataclasses import dataclass, replace

from alerts.models import Channel, Rule

DRAFT_ID = -1
"""Of a rule that was never saved."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule with whom it tells and what it depends on, which an unsaved row cannot say. ``rule`` is not written."""

    rule: Rule
    channels: tuple[Channel, ...] = ()
    parents: tuple[int, ...] = ()

    @classmethod
    def of(cls, rule: Rule) -> "Draft":
        """A saved rule as it is."""
        return cls(rule, tuple(rule.channels.all()), tuple(rule.depends_on.values_list("pk", flat=True)))

    @property
    def id(self) -> int:
        return self.rule.pk or DRAFT_ID


def with_ancestors(draft: Draft) -> list[Draft]:
    """The draft, as if it were saved and enabled, then the enabled rules that it depends on, directly or not."""
    own = copy(draft.rule)
    own.pk, own.enabled = draft.id, True
    found, ahead = {draft.id: replace(draft, rule=own)}, list(draft.parents)
    while ahead:
        parents = Rule.objects.filter(pk__in=ahead, enabled=True).exclude(pk__in=found)
        fresh = {rule.pk: Draft.of(rule) for rule in parents}
        found |= fresh
        ahead = [parent for one in fresh.values() for parent in one.parents]
    return list(found.values())
