import socket

from pytest_httpserver import HTTPServer

from ahgd_ops.processes.readiness import answers_live
from tests.servers import free_port


def test_a_server_that_answers_200_is_live(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/health/live").respond_with_data("{}")
    assert answers_live("127.0.0.1", httpserver.port)


def test_a_server_that_answers_anything_else_is_not(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/health/live").respond_with_data("", status=500)
    assert not answers_live("127.0.0.1", httpserver.port)


def test_a_port_that_nobody_listens_on_is_not() -> None:
    assert not answers_live("127.0.0.1", free_port())


def test_a_server_that_says_nothing_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert not answers_live("127.0.0.1", silent.getsockname()[1])
