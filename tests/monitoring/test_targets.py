from dataclasses import replace
from ipaddress import ip_address

import pytest
from pytest_django.fixtures import Settings

from monitoring.deadline import Deadline
from monitoring.targets import TargetRefused, Url, check_ip, find, parse_host_and_port

METADATA = ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
CARRIERS = (
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
    "fe80::1",
    "ff02::1",
)


@pytest.mark.parametrize(
    "ip", ["127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.1.1", "fd12::1", "::ffff:10.0.0.1"]
)
def test_loopback_and_private_addresses_are_allowed_by_default(ip: str) -> None:
    check_ip("db", ip_address(ip))


@pytest.mark.parametrize("ip", ["93.184.216.34", "2606:2800:220:1::1", "100.64.0.1", "::ffff:93.184.216.34"])
def test_others_have_to_be_listed(ip: str, settings: Settings) -> None:
    with pytest.raises(TargetRefused, match="AHGD_TARGET_ALLOW"):
        check_ip("example.org", ip_address(ip))
    settings.CONFIG = replace(settings.CONFIG, target_allow=("0.0.0.0/0", "::/0"))
    check_ip("example.org", ip_address(ip))


@pytest.mark.parametrize("ip", [*METADATA, *CARRIERS, "0.0.0.0", "224.0.0.1", "255.255.255.255"])
@pytest.mark.parametrize("is_trusted", [True, False])
def test_metadata_is_never_reached_whatever_is_listed(ip: str, is_trusted: bool, settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, target_allow=("0.0.0.0/0", "::/0"))
    with pytest.raises(TargetRefused, match="never reach"):
        check_ip("metadata", ip_address(ip), is_trusted=is_trusted)


def test_what_the_environment_names_needs_no_listing() -> None:
    check_ip("example.org", ip_address("93.184.216.34"), is_trusted=True)


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376"])
def test_other_spellings_of_a_metadata_address_are_looked_through(host: str, settings: Settings) -> None:
    settings.CONFIG = replace(settings.CONFIG, target_allow=("0.0.0.0/0",))
    with Deadline(30) as deadline, pytest.raises((TargetRefused, OSError)):
        find(host, 80, deadline)


def test_an_address_is_taken_apart_and_shown_without_its_query() -> None:
    url = Url.parse("https://app.example.org:8443/health?token=secret#x")
    assert (url.host, url.port, url.request_target) == ("app.example.org", 8443, "/health?token=secret")
    assert str(url) == "https://app.example.org:8443/health"
    assert str(Url.parse("http://[::1]:8503")) == "http://[::1]:8503/"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://host/",
        "http://",
        "http://user:pass@host/",
        "http://ho st/",
        "http://host:99999/",
        "http://a\\b/",
        "x\r\ny",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(TargetRefused, match="address"):
        Url.parse(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [("db:5432", ("db", 5432)), ("[::1]:22", ("::1", 22)), ("10.0.0.1", ("10.0.0.1", 443)), (" db:1 ", ("db", 1))],
)
def test_a_host_and_port_are_read(text: str, found: tuple[str, int]) -> None:
    assert parse_host_and_port(text, 443) == found


@pytest.mark.parametrize("text", ["", "db", "db:", "db:x", "db:99999", "http://db:1", "db:1/path", "u@db:1", "d b:1"])
def test_a_host_and_port_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(TargetRefused, match="Write a host and a port"):
        parse_host_and_port(text)
