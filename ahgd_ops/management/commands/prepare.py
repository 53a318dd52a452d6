from typing import Any

from django.core.management.base import BaseCommand

from ahgd_ops.first_run import prepare


class Command(BaseCommand):
    help = "Makes the stores ready: tables, first rows, the administrator, static files. `up` does it by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        prepare(self.stdout.write)
