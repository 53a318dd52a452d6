import os
import subprocess

import pytest

from tests.scripts.conftest import PREPARE, Checkout

pytestmark = pytest.mark.once


def test_the_first_run_installs_and_the_second_finds_everything_there(checkout: Checkout) -> None:
    first, second = checkout.prepare(), checkout.prepare()
    assert (first.returncode, first.stdout) == (0, "started\n")
    assert "Installing 1 packages with uv" in first.stderr
    assert (second.returncode, second.stdout, second.stderr) == (0, "started\n", "")
    assert checkout.installations() == 1


def test_a_changed_requirements_file_is_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.prepare()
    (checkout.venv / "kept").touch()
    (checkout.directory / "requirements.txt").write_text("django==6\n")
    checkout.prepare()
    assert checkout.installations() == 2
    assert (checkout.venv / "kept").exists()


def test_what_tests_need_contains_what_the_console_needs(checkout: Checkout) -> None:
    checkout.prepare("requirements-dev.txt")
    checkout.prepare("requirements.txt")
    assert checkout.installations() == 1


def test_an_installation_that_was_killed_is_made_again_from_nothing(checkout: Checkout) -> None:
    checkout.write_program("uv", "kill -9 $PPID")
    assert checkout.prepare().returncode == -9
    (checkout.venv / "half-a-package").touch()
    checkout.write_program("uv", 'echo "$*" >> uv-calls')
    healed = checkout.prepare()
    assert (healed.returncode, healed.stdout) == (0, "started\n")
    assert "was not finished" in healed.stderr
    assert not (checkout.venv / "half-a-package").exists()


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Checkout) -> None:
    checkout.prepare()
    (checkout.venv / "bin" / "python").unlink()
    assert checkout.prepare().stdout == "started\n"


def test_an_environment_that_was_moved_is_made_again(checkout: Checkout) -> None:
    checkout.prepare()
    moved = checkout.directory / "elsewhere"
    checkout.venv.rename(moved)
    assert checkout.prepare(AHGD_VENV=str(moved)).stdout == "started\n"
    assert checkout.installations() == 2


def test_a_directory_that_is_no_environment_of_ours_is_left_alone(checkout: Checkout) -> None:
    documents = checkout.directory / "documents"
    documents.mkdir()
    (documents / "thesis").write_text("years of work")
    refused = checkout.prepare(AHGD_VENV=str(documents))
    assert refused.returncode == 1
    assert "was not made by these scripts" in refused.stderr
    assert os.listdir(documents) == ["thesis"]


def test_two_scripts_at_once_install_once(checkout: Checkout) -> None:
    gate = checkout.directory / "gate"
    os.mkfifo(gate)
    checkout.write_program("uv", 'echo "$*" >> uv-calls; read line < gate')
    command = checkout.shell(PREPARE.format("requirements.txt"))
    with subprocess.Popen(command, cwd=checkout.directory, env=checkout.environment()) as first:
        with gate.open("w") as opened:  # opens once uv reads: the first script holds the lock
            second = subprocess.Popen(
                command, cwd=checkout.directory, env=checkout.environment(),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            assert second.stderr is not None
            said = second.stderr.readline()
            opened.write("go\n")
        output, _ = second.communicate()
        assert first.wait() == 0
    assert said == "Waiting for another script that is installing ...\n"
    assert (second.returncode, output) == (0, "started\n")
    assert checkout.installations() == 1


def test_a_python_that_is_too_old_is_explained(checkout: Checkout) -> None:
    checkout.write_program("python3", '[ "$1" = --version ] && echo "Python 3.9.2"')
    refused = checkout.prepare()
    assert refused.returncode == 1
    assert "needs Python 3.11 or newer; here is Python 3.9.2" in refused.stderr
    assert "apt-get install" in refused.stderr


def test_no_python_at_all_is_explained(checkout: Checkout) -> None:
    (checkout.programs / "python3").unlink()
    assert "here is no python3" in checkout.prepare().stderr


def test_a_python_without_venv_is_explained(checkout: Checkout) -> None:
    (checkout.programs / "uv").unlink()
    checkout.write_program("python3", 'case "$*" in *ensurepip*) exit 1 ;; esac')
    refused = checkout.prepare()
    assert refused.returncode == 1
    assert "apt-get install python3-venv" in refused.stderr


def test_too_little_room_is_said_before_anything_is_made(checkout: Checkout) -> None:
    checkout.write_program("df", "echo head; echo disk 900000 800000 102400 90% /")
    refused = checkout.prepare()
    assert refused.returncode == 1
    assert "needs about 600 MB" in refused.stderr
    assert "has 100 MB" in refused.stderr
    assert not checkout.venv.exists()


def test_a_disk_that_fills_up_meanwhile_is_said(checkout: Checkout) -> None:
    checkout.write_program("uv", 'echo "error: No space left on device (os error 28)"; exit 2')
    refused = checkout.prepare()
    assert refused.returncode == 1
    assert "The disk is full" in refused.stderr


def test_a_failed_installation_says_why_and_where_to_read_more(checkout: Checkout) -> None:
    (checkout.programs / "uv").unlink()
    failed = checkout.prepare(PIP_NO_INDEX="1")
    assert failed.returncode == 1
    assert "No matching distribution found for django==5" in failed.stderr
    assert str(checkout.venv / "install.log") in failed.stderr
