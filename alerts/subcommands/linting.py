"""``manage.py rules lint``: what is wrong with a file of rules, or with those stored."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alerts.rulefiles.document import RuleFile
from alerts.rulefiles.linting import lint
from alerts.rulefiles.rows import entry_of, stored
from alerts.subcommands.base import Write, rules_of


class Lint:
    name = "lint"
    help = "Checks a file of rules, or the stored rules without one; exits with 1 for an error."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", help="- is the standard input")
        parser.add_argument("--strict", action="store_true", help="warnings are errors, too")

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        path, lines = options["file"], {}
        if path is None:
            file = RuleFile.model_construct(rules=[entry_of(rule) for rule in stored()])
        else:
            read = rules_of(path)
            file, lines = read.file, read.lines
        findings = lint(file)
        for finding in findings:
            out(f"{path}:{lines.get(finding.rule, 1)}: {finding}" if path else str(finding))
        if any(finding.is_error or options["strict"] for finding in findings):
            raise CommandError(f"{len(findings)} to put right in {len(file.rules)} rules.")
        out(f"{len(file.rules)} rules, {len(findings)} warnings.")
