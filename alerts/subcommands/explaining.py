"""``manage.py rules explain``: why a rule fires on an instance, or why it does not."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from alerts.explain import explain, instances_of
from alerts.explain.telling import lines_of
from alerts.subcommands.base import Write
from alerts.subcommands.replaying import rule_named


class Explain:
    name = "explain"
    help = "Says what every part of a rule's condition was worth, how far its clock had come, and what the gates said."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rule", metavar="NAME", help="of a stored rule")
        parser.add_argument("--instance", metavar="TEXT", help="its fingerprint or part of its name; lists without it")
        parser.add_argument("--at", metavar="TIME", help="ISO 8601, UTC where it says no offset; now without it")

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        rule, now = rule_named(options["rule"]), timezone.now()
        at = min(_time(options["at"]), now) if options["at"] else now
        known = instances_of(rule)
        wanted = options["instance"] or (known[0].fingerprint if len(known) == 1 else "")
        if not wanted:
            for one in known:
                out(f"{one.state:10} {one.fingerprint}  {one.subject}")
            err("Choose one of these with --instance." if known else "It is about no series or check that there is.")
            return
        fitting = [one.fingerprint for one in known if wanted == one.fingerprint or wanted in one.subject]
        if len(fitting) > 1:
            raise CommandError(f"{len(fitting)} instances fit {wanted}; give the fingerprint of one.")
        for line in lines_of(explain(rule, fitting[0] if fitting else wanted, at, now)):
            out(line)


def _time(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"{text!r} is no time; write for example 2026-03-04T05:06:07.") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
