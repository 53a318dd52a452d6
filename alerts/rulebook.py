"""The enabled rules, compiled once per text, and which of them a subject concerns."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from alerts.conditions import Condition, ConditionRefused, parse
from alerts.facts import Fact
from alerts.models import Rule
from alerts.states import Patience


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready to be judged; ``refusal`` is set instead of a condition when its text cannot be used."""

    id: int
    name: str
    version: int
    severity: int
    message_template: str
    tags: dict[str, str]
    patience: Patience
    condition: Condition | None
    refusal: str = ""
    broken_reason: str = ""


@lru_cache(maxsize=20_000)
def _parsed(text: str) -> Condition:
    return parse(text)


def compile_rule(rule: Rule) -> Compiled:
    condition, refusal = None, ""
    try:
        condition = _parsed(rule.condition)
    except ConditionRefused as refused:  # saved past the form, or by an older release
        refusal = str(refused)
    patience = Patience(timedelta(seconds=rule.for_seconds), timedelta(seconds=rule.keep_firing_for_seconds))
    return Compiled(
        rule.id,
        rule.name,
        rule.version,
        rule.severity,
        rule.message_template,
        rule.tags,
        patience,
        condition,
        refusal,
        rule.broken_reason,
    )


@dataclass(slots=True)
class Rulebook:
    """Enabled rules by id, with those that name their metric found by its name."""

    rules: dict[int, Compiled]
    _by_name: dict[str, list[Compiled]] = field(default_factory=dict, init=False)
    _by_search: list[Compiled] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        for rule in self.rules.values():
            if rule.condition is None:
                continue
            selector = rule.condition.selector
            if selector.names is None or selector.prefixes:
                self._by_search.append(rule)
                continue
            for name in selector.names:
                self._by_name.setdefault(name, []).append(rule)

    def concerning(self, fact: Fact) -> list[Compiled]:
        """The rules to judge this fact by."""
        candidates = [*self._by_name.get(fact.name, ()), *self._by_search]
        return [rule for rule in candidates if selects(rule, fact)]


def selects(rule: Compiled, fact: Fact) -> bool:
    """Whether the rule's condition can be true of this subject."""
    condition = rule.condition
    return condition is not None and condition.selector.matches(fact.name, fact.category, fact.tags, fact.is_health)


def load() -> Rulebook:
    """The rules as the database has them now."""
    return Rulebook({rule.id: compile_rule(rule) for rule in Rule.objects.filter(enabled=True).order_by("id")})
