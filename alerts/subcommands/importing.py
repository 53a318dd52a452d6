"""``manage.py rules import``: makes the stored rules what a file says."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import CommandError

from alerts.rulefiles import importing
from alerts.rulefiles.document import RuleFile
from alerts.rulefiles.linting import lint
from alerts.rulefiles.reading import FileRefused
from alerts.subcommands.base import Write, rules_of, text_of

EVERY = 50  # rules between two lines of progress


class Import:
    name = "import"
    help = "Makes rules what a file says: made or changed by name, all others stay. Refuses the file whole or takes it."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="YAML as `rules export` writes it; - is the standard input")
        parser.add_argument("--dry-run", action="store_true", help="shows what would change and writes nothing")

        parser.add_argument("--prometheus", action="store_true", help="the file holds alerting rules of Prometheus")

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        read = self._of_prometheus if options["prometheus"] else self._of_yaml
        self._take(read(options["file"], err), options, out, err)

    def _of_yaml(self, path: str, err: Write) -> RuleFile:
        return rules_of(path).file

    def _of_prometheus(self, path: str, err: Write) -> RuleFile:
        """Those that map; each of the others is told with the reason."""
        from alerts.prometheus.rules import convert  # with a parser that only this needs

        try:
            converted = convert(text_of(path))
        except FileRefused as refused:
            raise CommandError("\n".join(f"{path}:{fault.line or 1}: {fault}" for fault in refused.faults)) from refused
        for left in converted.left:
            err(str(left))
        err(str(converted))
        return RuleFile(rules=converted.entries)

    def _take(self, file: RuleFile, options: dict[str, Any], out: Write, err: Write) -> None:
        findings = lint(file)
        for finding in findings:
            err(str(finding))
        if any(finding.is_error for finding in findings):
            raise CommandError("Nothing was imported. Put right the errors above first.")
        changes = importing.plan(file)
        self._show(changes, out)
        if not options["dry_run"]:
            importing.apply(changes, f"file {options['file']}", _progress(err))
        done = "Would be imported" if options["dry_run"] else "Imported"
        counts = Counter(change.word for change in changes)
        out(f"{done}: {counts['new']} new, {counts['changed']} changed, {counts['unchanged']} unchanged.")

    def _show(self, changes: list[importing.Change], out: Write) -> None:
        for change in changes:
            if change.word != "unchanged":
                out(f"{change.word} {change.entry.name}")
                out(change.diff)


def _progress(err: Write) -> importing.Progress:
    def tell(done: int, total: int) -> None:
        if total >= EVERY and (done % EVERY == 0 or done == total):
            err(f"{done} of {total} rules stored")

    return tell
