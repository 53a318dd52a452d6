from ipaddress import ip_address

import pytest

from alerts.channels.addresses import AddressRefused, Policy, Target, is_public
from monitoring.deadline import Deadline

STRICT = Policy()


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.8.8.8", "168.63.129.16",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1",
        "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_an_address_of_a_special_network_is_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", ["8.8.8.8", "100.63.255.255", "172.32.0.1", "192.0.1.1", "2606:4700::1111", "2a00::1"])
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert is_public(ip_address(text))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://example.com/", "has to start with https://"),
        ("file:///etc/passwd", "has to start with https://"),
        ("//example.com/", "has to start with https://"),
        ("https://", "has to start with https://"),
        ("https://exa mple.com/", "a blank"),
        ("https://example.com/\r\nHost: x", "an invisible character"),
        ("https://example.com\\@localhost/", "a backslash"),
        ("https://example.com:99999/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
    ],
)
def test_what_is_not_an_address_is_refused_with_the_reason(url: str, says: str) -> None:
    with pytest.raises(AddressRefused, match=says):
        Target.parse(url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://kim:secret@example.com/", "user name or password"),
        ("https://example.com:22/", "Port 22 is not allowed"),
        ("https://example.com:1023/", "Port 1023 is not allowed"),
        ("https://127.0.0.1/", "not a public address"),
        ("https://[::1]:8443/", "not a public address"),
        ("https://169.254.169.254/latest/meta-data", "not a public address"),
    ],
)
def test_an_address_is_refused_without_a_look_up(url: str, says: str) -> None:
    with pytest.raises(AddressRefused, match=says):
        STRICT.check_target(Target.parse(url))


@pytest.mark.parametrize("url", ["https://example.com/x", "http://example.com:80", "https://example.com:1024/?a=b"])
def test_an_ordinary_address_passes(url: str) -> None:
    STRICT.check_target(Target.parse(url))


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "017700000001", "localhost"])
def test_every_spelling_of_loopback_is_refused_once_it_is_resolved(host: str) -> None:
    target = Target.parse(f"http://{host}:8080/")
    with Deadline(5) as deadline, pytest.raises(AddressRefused, match="AHGD_WEBHOOK_ALLOW"):
        STRICT.check_addresses(target, deadline.resolve(target.host, target.port))


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with Deadline(5) as deadline:
        public = deadline.resolve("8.8.8.8", 443)
        private = deadline.resolve("10.0.0.1", 443)

    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        STRICT.check_addresses(Target.parse("https://example.com/"), public + private)


@pytest.mark.parametrize("exception", ["127.0.0.0/8", "127.0.0.1", "LOCALHOST"])
def test_a_network_an_address_or_a_host_can_be_excepted(exception: str) -> None:
    target = Target.parse("http://localhost:8080/")
    with Deadline(5) as deadline:
        addresses = [found for found in deadline.resolve("localhost", 8080) if "." in found.ip]

    Policy.allowing([exception]).check_addresses(target, addresses)


def test_an_address_out_of_the_environment_is_trusted() -> None:
    target = Target.parse("http://kim:secret@127.0.0.1:22/")
    trusting = Policy.allowing([], trusted=True)

    trusting.check_target(target)
    with Deadline(5) as deadline:
        trusting.check_addresses(target, deadline.resolve(target.host, target.port))


def test_a_target_is_shown_without_what_may_be_a_token() -> None:
    assert str(Target.parse("https://hooks.example.com/services/T000/B000?key=secret")) == "https://hooks.example.com/…"
