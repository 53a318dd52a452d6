"""``manage.py rules test``: runs the cases of rules, of a file or of those stored."""

from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError

from alerts.cases.running import Outcome, run
from alerts.rulefiles.rows import entry_of, stored, unstored, unstored_cases
from alerts.subcommands.base import Write, rules_of


class Test:
    name = "test"
    help = "Runs the cases that rules carry; exits with 1 when one fails."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="*", metavar="FILE", help="rules as YAML; the stored rules without one")
        parser.add_argument("--rule", metavar="NAME", action="append", help="only this rule; repeat it for several")

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        outcomes = [*self._outcomes(options["file"], options["rule"])]
        for outcome in outcomes:
            out(str(outcome))
        failed = sum(not outcome.passed for outcome in outcomes)
        if failed:
            raise CommandError(f"{failed} of {len(outcomes)} cases failed.")
        out(f"{len(outcomes)} cases hold." if outcomes else "There are no cases.")

    def _outcomes(self, paths: list[str], names: list[str] | None) -> Iterator[Outcome]:
        entries = [entry for path in paths for entry in rules_of(path).file.rules]
        if not paths:
            entries = [entry_of(rule) for rule in stored(names)]
        unknown = sorted(set(names or ()) - {entry.name for entry in entries})
        if unknown:
            raise CommandError(f"There is no rule {', '.join(unknown)}.")
        for entry in entries:
            if names is None or entry.name in names:
                yield from run(unstored(entry), unstored_cases(entry))
