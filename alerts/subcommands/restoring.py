"""``manage.py rules restore``: lists the versions of a rule, or goes back to one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from alerts.cases.running import failures
from alerts.rulefiles import versions
from alerts.subcommands.base import Write


class Restore:
    name = "restore"
    help = "Lists the earlier versions of a rule; with --to it goes back to one, also of a rule that was deleted."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="of the rule")
        parser.add_argument("--to", type=int, metavar="VERSION", help="its number, as listed without this")
        parser.add_argument("--dry-run", action="store_true", help="shows what would change and writes nothing")

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        name = options["name"]
        known = versions.versions(name)
        if not known:
            raise CommandError(f"There is no rule {name}, and never was.")
        if options["to"] is None:
            for one in known:
                out(f"{one.number}  {one.at:%Y-%m-%d %H:%M:%S} UTC  {one.what} by {one.by or 'the console, or code'}")
            return
        try:
            self._restore(name, options, out, err)
        except versions.VersionUnusable as unusable:
            raise CommandError(str(unusable)) from unusable

    def _restore(self, name: str, options: dict[str, Any], out: Write, err: Write) -> None:
        version = versions.find(name, options["to"])
        out(versions.change_to(name, version).diff or "Nothing differs.")
        if options["dry_run"]:
            return
        rule = versions.restore(name, version)
        for failure in failures(rule):
            err(f"warning: {failure}")
        out(f"{name} is as it was in version {version.number}.")
