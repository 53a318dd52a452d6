"""What a file would change, and the change itself: rules of the file are made so, all others stay as they are."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from alerts.models import Rule
from alerts.rulefiles.document import RuleEntry, RuleFile
from alerts.rulefiles.rows import Names, entry_of, store, stored
from alerts.rulefiles.writing import write_entry

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Change:
    """``before`` is None for a rule that is made."""

    entry: RuleEntry
    before: RuleEntry | None

    @property
    def word(self) -> str:
        return "new" if self.before is None else "changed" if self.diff else "unchanged"

    @property
    def diff(self) -> str:
        """As ``diff -u``, of the two as YAML; empty when nothing changes."""
        old = "" if self.before is None else write_entry(self.before)
        new = write_entry(sorted_names(self.entry))
        return "".join(unified_diff(old.splitlines(True), new.splitlines(True), "stored", "file", n=1))


def sorted_names(entry: RuleEntry) -> RuleEntry:
    """The order of names of channels and parents says nothing."""
    lists = {"channels": sorted(entry.channels), "depends_on": sorted(entry.depends_on)}
    return entry.model_copy(update=lists)


def plan(file: RuleFile) -> list[Change]:
    """One change a rule of the file, in its order; nothing is written."""
    before = {rule.name: entry_of(rule) for rule in stored([rule.name for rule in file.rules])}
    return [Change(entry, before.get(entry.name)) for entry in file.rules]


def apply(changes: Sequence[Change], origin: str, progress: Progress = lambda done, total: None) -> list[Rule]:
    """Stores what changes, parents first, one transaction a rule: a run that was cut short is run again.

    ``progress`` is told how many are done, of how many.
    """
    due = [change for change in changes if change.word != "unchanged"]
    names, rules = Names.known(), []
    for done, entry in enumerate(_parents_first([change.entry for change in due]), 1):
        rules.append(store(entry, names, origin))
        progress(done, len(due))
    return rules


def circle(file: RuleFile) -> str | None:
    """The first rule that would wait for itself, by what the file says and what is stored of other rules."""
    parents: dict[str, set[str]] = {}
    links = Rule.depends_on.through.objects.values_list("from_rule__name", "to_rule__name")
    for child, parent in links:
        parents.setdefault(child, set()).add(parent)
    parents |= {entry.name: set(entry.depends_on) for entry in file.rules}
    return next((entry.name for entry in file.rules if entry.name in _above(entry.name, parents)), None)


def _above(name: str, parents: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    ahead = set(parents.get(name, ()))
    while ahead:
        seen |= ahead
        ahead = {above for one in ahead for above in parents.get(one, ())} - seen
    return seen


def _parents_first(entries: Sequence[RuleEntry]) -> Iterator[RuleEntry]:
    waiting = {entry.name: entry for entry in entries}
    while waiting:
        ready = [entry for entry in waiting.values() if not waiting.keys() & set(entry.depends_on)]
        for entry in ready or list(waiting.values()):  # a circle was refused before
            del waiting[entry.name]
            yield entry
