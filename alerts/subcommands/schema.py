"""``manage.py rules schema``: the JSON Schema of files of rules."""

import json
from argparse import ArgumentParser
from typing import Any

from alerts.rulefiles.document import schema
from alerts.subcommands.base import Write


class Schema:
    name = "schema"
    help = "Writes the JSON Schema of files of rules, for editors; it is also served as a static file."

    def arguments(self, parser: ArgumentParser) -> None:
        pass

    def run(self, options: dict[str, Any], out: Write, err: Write) -> None:
        out(json.dumps(schema(), indent=2, ensure_ascii=False))
