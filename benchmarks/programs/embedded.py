"""The console's embedded default within a bench's own process: SQLite in a directory of the bench."""

import os


def set_up(directory: str) -> None:
    """Call before anything of Django is imported."""
    os.environ.update(AHGD_STATE_DIR=directory, AHGD_ENVIRONMENT="testing", DJANGO_SETTINGS_MODULE="ahgd_ops.settings")
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
