"""``manage.py rotate_field_key``: secrets of channels get the present AHGD_FIELD_KEY."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.rotation import rotate


class Command(BaseCommand):
    help = (
        "Encrypts the secrets of channels with the present AHGD_FIELD_KEY (the secret key when that is unset). "
        "Give the key before as AHGD_FIELD_KEY_FALLBACKS meanwhile. It can be interrupted and run again."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done = rotate()
        self.stdout.write(f"{len(done.rotated)} encrypted anew, {len(done.current)} had the present key already.")
        if done.unreadable:
            raise CommandError(
                f"Of no key that is known: {', '.join(done.unreadable)}. Name the key they were written with in "
                "AHGD_FIELD_KEY_FALLBACKS and run this again, or enter these secrets anew in the admin."
            )
