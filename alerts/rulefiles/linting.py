"""What is wrong with entries of a file beyond their shape, and what is only worth a warning."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from alerts.cases.running import run
from alerts.conditions import ConditionRefused, parse
from alerts.drafts import unknown_metrics
from alerts.models import Case, Rule
from alerts.rulefiles.document import CaseEntry, RuleEntry, RuleFile
from alerts.rulefiles.importing import circle
from alerts.rulefiles.rows import Names, unstored, unstored_cases

_WORDS = {
    field: info.alias for entry in (RuleEntry, CaseEntry) for field, info in entry.model_fields.items() if info.alias
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``is_error`` when the rule cannot be imported as it is."""

    rule: str
    message: str
    is_error: bool = True

    def __str__(self) -> str:
        return f"{'error' if self.is_error else 'warning'}: {self.rule}: {self.message}"


def lint(file: RuleFile) -> list[Finding]:
    """Of every rule of the file."""
    names, coming = Names.known(), {entry.name for entry in file.rules}
    found = [finding for entry in file.rules for finding in _of_entry(entry, names, coming)]
    if name := circle(file):
        found.append(Finding(name, "depends on itself, by way of those it depends on"))
    return found


def _of_entry(entry: RuleEntry, names: Names, coming: Iterable[str]) -> Iterator[Finding]:
    yield from _refused(entry.name, "", unstored(entry), ("owner_channel", "escalation_policy"))
    for case in unstored_cases(entry):
        whole = f"case {case.name!r}: "
        yield from _refused(entry.name, whole, case, ("rule",))
    yield from (Finding(entry.name, missing) for missing in names.missing(entry, coming))
    yield from _warnings(entry)
    yield from (
        Finding(entry.name, f"case {outcome.case!r} fails: {outcome.message}", is_error=False)
        for outcome in run(unstored(entry), unstored_cases(entry))
        if not outcome.passed
    )


def _warnings(entry: RuleEntry) -> Iterator[Finding]:
    for text in (entry.condition, entry.worse_condition, entry.recovery_condition):
        try:
            unknown = unknown_metrics(parse(text)) if text else []
        except ConditionRefused:
            continue  # told already
        yield from (Finding(entry.name, warning, is_error=False) for warning in unknown)
    if entry.enabled and not entry.channels and not entry.escalation_policy:
        yield Finding(entry.name, "tells nobody: it has no channels", is_error=False)


def _refused(rule: str, where: str, row: Rule | Case, exclude: Iterable[str]) -> Iterator[Finding]:
    try:
        row.full_clean(exclude=exclude, validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            name = _WORDS.get(field, field)
            yield from (Finding(rule, f"{where}{name}: {message}") for message in messages)
