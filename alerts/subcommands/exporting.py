"""``manage.py rules export``: stored rules as a file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from alerts.rulefiles.document import RuleEntry
from alerts.rulefiles.rows import entry_of, stored
from alerts.rulefiles.writing import write
from alerts.subcommands.base import Write


class Export:
    name = "export"
    help = "Writes rules as YAML: all, or those named. Importing it gives exactly these rules."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="of a rule; all without one")
        parser.add_argument(
            "--prometheus", action="store_true", help="as alerting rules of Prometheus, as far as they map"
        )
        parser.add_argument("-o", "--output", metavar="FILE", help="where to; the standard output without it")

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        names = options["names"] or None
        entries = [entry_of(rule) for rule in stored(names)]
        unknown = sorted(set(names or ()) - {entry.name for entry in entries})
        if unknown:
            raise CommandError(f"There is no rule {', '.join(unknown)}. `manage.py rules export` gives all.")
        text = self._for_prometheus(entries, err) if options["prometheus"] else write(entries)
        if options["output"] is None:
            out(text)
            return
        try:
            Path(options["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error
        err(f"Wrote {options['output']}.")

    def _for_prometheus(self, entries: list[RuleEntry], err: Write) -> str:
        """Each rule that does not map is told with the reason."""
        from alerts.prometheus import files  # with a parser that only this needs

        text, left = files.write(entries)
        for one in left:
            err(str(one))
        err(f"{len(entries) - len(left)} of {len(entries)} rules map.")
        return text
