"""``manage.py rules export|import|lint|test|...``: rules as code."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from alerts.subcommands import SUBCOMMANDS


class Command(BaseCommand):
    help = "Rules as code. Each subcommand has its own --help."

    def add_arguments(self, parser: ArgumentParser) -> None:
        each = parser.add_subparsers(dest="subcommand", required=True, metavar="SUBCOMMAND")
        for one in SUBCOMMANDS:
            one.arguments(each.add_parser(one.name, help=one.help, description=one.help))

    def handle(self, *args: Any, subcommand: str, **options: Any) -> None:
        chosen = next(one for one in SUBCOMMANDS if one.name == subcommand)
        chosen.run(options, self.stdout.write, self.stderr.write)
