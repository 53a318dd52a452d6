"""``manage.py health``, for those who call it as any other command; ``ahgd_ops.__main__`` answers it without Django."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ahgd_ops import health_command


class Command(BaseCommand):
    help = "Asks the console's processes on this host: live, ready or all. Ends with 0 or 1."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("question", nargs="?", default="all")
        parser.add_argument("--role")

    def handle(self, *args: Any, **options: Any) -> None:
        role = ["--role", options["role"]] if options["role"] else []
        sys.exit(health_command.main([options["question"], *role]))
