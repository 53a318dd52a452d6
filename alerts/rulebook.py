"""The enabled rules, compiled once per text and read once per change, and which of them a subject concerns."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from django.db.models import Case, Count, F, Max, Sum, When

from alerts.conditions import Condition, ConditionRefused, Facts, Truth, parse
from alerts.facts import Fact
from alerts.models import NoData, Rule, Severity
from alerts.selection import Selection
from alerts.states import BETWEEN, FALSE, Patience, Reading, Verdict
from alerts.windows import Scope, Span, spans_of


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule ready to be judged; ``refusal`` is set instead of a condition when one of its texts cannot be used."""

    id: int
    name: str
    version: int
    severity: Severity
    worse_severity: Severity
    message_template: str
    tags: dict[str, str]
    group_by: tuple[str, ...]
    patience: Patience
    no_data: str
    no_data_after: timedelta
    parents: frozenset[int]
    condition: Condition | None
    worse: Condition | None = None
    recovery: Condition | None = None
    refusal: str = ""

    @property
    def conditions(self) -> Iterator[Condition]:
        return (one for one in (self.condition, self.worse, self.recovery) if one is not None)

    @property
    def is_about_the_past_only(self) -> bool:
        """Whether no fact of a sample is used, so that there is one instance, judged once per cycle."""
        return not any(one.facts for one in self.conditions)

    def read(self, facts: Facts) -> Reading:
        """What the rule's conditions say together. Raises ConditionBroken."""
        if self.condition is None:
            return FALSE
        return self.weigh(self.condition.verdict(facts), facts)

    def weigh(self, truth: Truth, facts: Facts) -> Reading:
        """As ``read``, where the condition's own truth is known already."""
        if self.worse is not None and self.worse.verdict(facts) is Truth.TRUE:
            return Reading(Verdict.TRUE, self.worse_severity)
        if truth is Truth.TRUE:
            return Reading(Verdict.TRUE, self.severity)
        if self.recovery is not None and self.recovery.verdict(facts) is not Truth.TRUE:
            return BETWEEN
        return FALSE


@dataclass(slots=True)
class Rulebook:
    """Enabled rules by id, and what of them a cycle looks up."""

    rules: dict[int, Compiled]
    selection: Selection[Compiled] = field(default_factory=Selection, init=False)
    once_per_cycle: list[Compiled] = field(default_factory=list, init=False)
    asked: dict[Span, Scope] = field(init=False)
    children: dict[int, list[Compiled]] = field(default_factory=dict, init=False)
    depths: dict[int, int] = field(default_factory=dict, init=False)
    alerts_on_silence: bool = field(init=False)

    def __post_init__(self) -> None:
        for rule in self.rules.values():
            if rule.condition is None:
                continue
            if rule.is_about_the_past_only:
                self.once_per_cycle.append(rule)
            else:
                self.selection.add(rule.condition.selector, rule)
            for parent in rule.parents & self.rules.keys():
                self.children.setdefault(parent, []).append(rule)
        usable = [one for rule in self.rules.values() for one in rule.conditions]
        self.asked = spans_of(question for condition in usable for question in condition.questions)
        self.alerts_on_silence = any(rule.no_data == NoData.ALERT for rule in self.rules.values())
        self._measure_depths()

    def concerning(self, fact: Fact) -> list[Compiled]:
        """The rules to judge this fact by."""
        return self.selection.matching(fact.name, fact.category, fact.tags, fact.is_health)

    def _measure_depths(self) -> None:
        """A rule is judged after those it depends on; in a circle, which no form accepts, in the order of ids."""
        waiting = {rule.id: set(rule.parents & self.rules.keys()) for rule in self.rules.values() if rule.parents}
        depth = 0
        while waiting:
            depth += 1
            ready = [rule_id for rule_id, parents in waiting.items() if not parents & waiting.keys()]
            for rule_id in ready or list(waiting):
                self.depths[rule_id] = depth
                del waiting[rule_id]


@lru_cache(maxsize=50_000)
def _parsed(text: str) -> Condition:
    return parse(text)


def compile_rule(rule: Rule, parents: Iterable[int] = ()) -> Compiled:
    condition = worse = recovery = None
    refusal = ""
    try:
        condition = _parsed(rule.condition)
        worse = _parsed(rule.worse_condition) if rule.worse_condition else None
        recovery = _parsed(rule.recovery_condition) if rule.recovery_condition else None
    except ConditionRefused as refused:  # saved past the form, or by an older release
        condition, refusal = None, str(refused)
    return Compiled(
        rule.id,
        rule.name,
        rule.version,
        Severity(rule.severity),
        Severity(rule.worse_severity),
        rule.message_template,
        rule.tags,
        tuple(rule.group_by),
        Patience(timedelta(seconds=rule.for_seconds), timedelta(seconds=rule.keep_firing_for_seconds)),
        rule.no_data,
        timedelta(seconds=rule.no_data_after_seconds),
        frozenset(parents),
        condition,
        worse,
        recovery,
        refusal,
    )


def selects(rule: Compiled, fact: Fact) -> bool:
    """Whether the rule's condition can be true of this subject."""
    condition = rule.condition
    if condition is None or rule.is_about_the_past_only:
        return False
    return condition.selector.matches(fact.name, fact.category, fact.tags, fact.is_health)


Marker = tuple[object, ...]
_last: tuple[Marker, Rulebook] | None = None


def load() -> Rulebook:
    """The rules as the database has them now; read anew only when one of them changed."""
    global _last
    marker = _marker()
    if _last is None or _last[0] != marker:
        _last = marker, _load()
    return _last[1]


def _load() -> Rulebook:
    parents: dict[int, list[int]] = {}
    for child, parent in Rule.depends_on.through.objects.values_list("from_rule_id", "to_rule_id"):
        parents.setdefault(child, []).append(parent)
    rules = Rule.objects.filter(enabled=True).order_by("id")
    return Rulebook({rule.id: compile_rule(rule, parents.get(rule.id, ())) for rule in rules.iterator(chunk_size=2000)})


def _marker() -> Marker:
    """Changes with every edit: counts, revisions and times of all rules in one walk over an index."""
    rules = Rule.objects.order_by().aggregate(
        count=Count("id"),
        edits=Sum("revision"),
        last=Max("updated_at"),
        ids=Sum("id"),
        enabled=Sum(Case(When(enabled=True, then=F("id")), default=0)),
    )
    links = Rule.depends_on.through.objects.aggregate(count=Count("id"), last=Max("id"), ends=Sum("to_rule_id"))
    return (*rules.values(), *links.values())
