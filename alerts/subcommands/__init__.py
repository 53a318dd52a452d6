"""What ``manage.py rules`` can do, one file a subcommand."""

from alerts.subcommands.base import Subcommand
from alerts.subcommands.explaining import Explain
from alerts.subcommands.exporting import Export
from alerts.subcommands.importing import Import
from alerts.subcommands.linting import Lint
from alerts.subcommands.replaying import Replay
from alerts.subcommands.restoring import Restore
from alerts.subcommands.schema import Schema
from alerts.subcommands.testing import Test

SUBCOMMANDS: tuple[Subcommand, ...] = (
    Export(),
    Import(),
    Lint(),
    Test(),
    Restore(),
    Replay(),
    Explain(),
    Schema(),
)
