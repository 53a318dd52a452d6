import os
import socket

import pytest

from ahgd_ops.processes.ports import connectable, in_url, is_taken, refusal
from tests.servers import free_port


def test_a_free_port_is_not_refused() -> None:
    assert refusal("127.0.0.1", free_port(), "AHGD_PORT") is None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_a_port_that_somebody_listens_on_is_taken(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert is_taken(host, other.getsockname()[1])


def test_the_refusal_names_the_port_who_has_it_and_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = refusal("127.0.0.1", port, "AHGD_PORT")
    assert text is not None
    assert text.startswith(f"Port {port} is taken by process {os.getpid()} (")
    assert f"AHGD_PORT={port + 10}" in text


def test_a_port_is_free_again_while_old_connections_close() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)):
            server.accept()[0].close()  # closed first here: it lingers here
    assert not is_taken("127.0.0.1", port)


def test_an_address_of_another_machine_is_said_to_be_one() -> None:
    assert "AHGD_BIND=203.0.113.1: this machine cannot listen there" in str(refusal("203.0.113.1", 8503, "AHGD_PORT"))


def test_a_name_that_does_not_exist_is_said_to_be_one() -> None:
    assert "AHGD_BIND=nowhere.invalid: " in str(refusal("nowhere.invalid", 8503, "AHGD_PORT"))


@pytest.mark.parametrize(
    ("host", "address"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.1.2.3", "10.1.2.3"), ("localhost", "localhost")]
)
def test_a_server_on_every_address_is_reached_by_loopback(host: str, address: str) -> None:
    assert connectable(host) == address


def test_an_ipv6_address_stands_in_brackets_in_a_url() -> None:
    assert (in_url("::1"), in_url("127.0.0.1")) == ("[::1]", "127.0.0.1")
