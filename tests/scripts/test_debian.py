import pytest

from tests.scripts.conftest import Checkout

pytestmark = pytest.mark.once
INSTALL = "set -eu; . scripts/setup.sh; . scripts/debian.sh; install_programs prometheus"


def test_a_user_is_told_loudly_what_will_not_run(checkout: Checkout) -> None:
    checkout.write_program("id", "echo 1000")
    told = checkout.run(INSTALL)
    assert told.returncode == 0
    assert "Not installed: prometheus" in told.stderr
    assert "will NOT run" in told.stderr


def test_nothing_is_said_or_done_when_nothing_is_missing(checkout: Checkout) -> None:
    checkout.write_program("prometheus", "")
    checkout.write_program("apt-get", "touch apt-was-called")
    assert checkout.run(INSTALL).stderr == ""
    assert not (checkout.directory / "apt-was-called").exists()
