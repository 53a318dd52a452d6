"""The console's embedded default within a bench's own process: SQLite in a directory of the bench."""

import os


def set_up(directory: str) -> None:
    """Call before anything of Django is imported."""
    os.environ.update(AHGD_STATE_DIR=directory, AHGD_ENVIRONMENT="testing", DJANGO_SETTINGS_MODULE="ahgd_ops.settings")
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    _keep_recorder_quiet()
    call_command("migrate", verbosity=0)


def _keep_recorder_quiet() -> None:
    """It measures as in any process, but no thread stores that between cycles, for metrics that are gone by then."""
    from monitoring import process
    from monitoring.recorder import Recorder

    process._recorder = Recorder(flush_seconds=None)
