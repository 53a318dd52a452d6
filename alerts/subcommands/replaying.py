"""``manage.py rules replay``: what a rule would have done."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from alerts.models import Rule
from alerts.replay import Draft, ReplayTooLarge, SpanRefused, replay, span_of, suggest
from alerts.replay.told import lines_of
from alerts.subcommands.base import Write


class Replay:
    name = "replay"
    help = "Says when a rule would have fired and told over what is stored; sends nothing."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rule", metavar="NAME", help="of a stored rule, enabled or not")
        parser.add_argument("--since", default="7d", metavar="SPAN", help="how far back: 24h, 7d (the default), 30d")
        parser.add_argument("--condition", metavar="TEXT", help="this condition in place of the stored one")
        parser.add_argument("--quiet", action="store_true", help="no progress")

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        rule = rule_named(options["rule"])
        rule.condition = options["condition"] or rule.condition
        try:
            span = span_of(options["since"])
            draft, end = Draft.of(rule), timezone.now()
            report = replay(draft, end - span, end, None if options["quiet"] else lambda done: err(f"{done:.0%}"))
        except (SpanRefused, ReplayTooLarge) as refused:
            raise CommandError(str(refused)) from refused
        for line in lines_of(report):
            out(line)
        suggestion = suggest(draft, report)
        if suggestion is not None:
            out(f"With {suggestion.threshold:g} as the threshold it would fire {suggestion.fires} times.")
        if report.broken:
            raise CommandError("The rule cannot be judged; see above.")


def rule_named(name: str) -> Rule:
    rule = Rule.objects.filter(name=name).first()
    if rule is None:
        raise CommandError(f"There is no rule {name}. `manage.py rules export` gives all.")
    return rule
