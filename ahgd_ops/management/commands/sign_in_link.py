from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ahgd_ops.access.first_sign_in import link_for


class Command(BaseCommand):
    help = "Prints a link that signs a user in, once, from a browser on this machine."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", nargs="?", help="User name; the first administrator when not given.")

    def handle(self, *args: Any, **options: Any) -> None:
        active = User.objects.filter(is_active=True).order_by("pk")
        name = options["user"]
        user = (active.filter(username=name) if name else active.filter(is_superuser=True)).first()
        if user is None:
            raise CommandError(f"There is no active user {name!r}." if name else "There is no active administrator.")
        self.stdout.write(link_for(user))
