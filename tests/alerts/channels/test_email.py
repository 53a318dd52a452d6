import ssl
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from pytest_django.fixtures import Settings

from alerts.channels.base import Message, PermanentFailure, Receipt, TransientFailure
from alerts.channels.email import EmailTransport, compose
from tests.alerts.channels.certificates import self_signed
from tests.alerts.channels.peers import Talk, greets_in_drips, hangs, peer, refuses_login
from tests.alerts.told import NOW, a_message, configure
from tests.mailbox import Mailbox, PickyMailbox
from tests.servers import free_port

KIM = "kim@example.com"
LEE = "lee@example.com"


@pytest.fixture
def picky_mailbox(settings: Settings) -> Iterator[PickyMailbox]:
    box = PickyMailbox()
    box.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = box.host, box.port
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield box
    box.stop()


def send(*recipients: str, message: Message | None = None) -> Receipt:
    return EmailTransport().send(message or a_message(), {"recipients": list(recipients or (KIM,))}, "")


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    return str(found.get_content())


def test_a_message_arrives_as_text_and_as_html(mailbox: Mailbox) -> None:
    assert send() == Receipt("127.0.0.1 accepted it for 1 of 1")
    (mail,) = mailbox.messages

    assert mail["Subject"] == "[High] high_cpu_usage: cpu_usage_percent{instance=web}"
    assert mail["To"] == KIM
    for kind in ("plain", "html"):
        assert "CPU is at 93.5 %" in part(mail, kind)
        assert "http://localhost:8503/ops/alerts/7/" in part(mail, kind)


def test_every_attempt_has_the_message_id_of_the_delivery(mailbox: Mailbox) -> None:
    send()
    send(message=a_message(attempted_at=NOW.replace(hour=23)))

    ids = {mail["Message-ID"] for mail in mailbox.messages}
    assert ids == {f"<{a_message().delivery_id}@localhost>"}


def test_mails_of_one_alert_are_one_thread(mailbox: Mailbox) -> None:
    send()
    send(message=a_message(kind="resolved", delivery_id="other", resolved_at=NOW))

    assert {mail["References"] for mail in mailbox.messages} == {"<alert-7@localhost>"}


def test_a_recovery_says_when_and_why(mailbox: Mailbox) -> None:
    send(message=a_message(kind="resolved", resolved_at=NOW, reason="back to normal"))
    (mail,) = mailbox.messages

    assert mail["Subject"].startswith("[Resolved]")
    for kind in ("plain", "html"):
        assert "2026-03-04 05:06:07 UTC" in part(mail, kind)
        assert "Resolved: back to normal. It fired with: CPU is at 93.5 %" in part(mail, kind)
        assert "The machine is busy." not in part(mail, kind)


def test_text_out_of_facts_cannot_become_markup_or_headers() -> None:
    mail = compose(a_message(subject="<b>x</b>\r\nBcc: eve@example.com", summary="<script>alert(1)</script>"), [KIM])

    html = str(mail.alternatives[0][0])
    assert "<script>" not in html
    assert "<b>" not in html
    assert "<script>" in mail.body
    assert "\n" not in mail.subject


def test_a_refused_recipient_is_a_warning_when_others_are_served(picky_mailbox: PickyMailbox) -> None:
    picky_mailbox.refusals[LEE] = "550 no such user"

    receipt = send(KIM, LEE)

    assert receipt.told == (KIM,)
    assert receipt.answer == "127.0.0.1 accepted it for 1 of 2"
    assert receipt.warning == "refused lee@example.com (550 no such user)"
    assert len(picky_mailbox.messages) == 1


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        (("550 no such user", "550 no such user"), PermanentFailure),
        (("451 greylisted", "451 greylisted"), TransientFailure),
        (("550 no such user", "451 greylisted"), TransientFailure),
    ],
)
def test_when_all_are_refused_it_depends_on_whether_one_may_be_served_later(
    picky_mailbox: PickyMailbox, answers: tuple[str, str], failure: type[Exception]
) -> None:
    picky_mailbox.refusals = dict(zip((KIM, LEE), answers, strict=True))

    with pytest.raises(failure, match=r"kim@example\.com"):
        send(KIM, LEE)


def test_a_recipient_that_may_be_served_later_is_a_failure_that_says_who_was_told(
    picky_mailbox: PickyMailbox,
) -> None:
    picky_mailbox.refusals[LEE] = "451 greylisted"

    with pytest.raises(TransientFailure, match=r"lee@example\.com \(451 greylisted\)") as failure:
        send(KIM, LEE)
    assert failure.value.told == (KIM,)


def test_only_who_was_not_told_is_sent_it_again_under_the_same_head(mailbox: Mailbox) -> None:
    send(KIM, LEE, message=a_message(told=(KIM,)))
    (mail,) = mailbox.messages

    assert mail["To"] == f"{KIM}, {LEE}"
    assert mailbox.recipients == [[LEE]]


def test_when_everybody_was_told_nothing_is_sent(mailbox: Mailbox) -> None:
    assert send(KIM, message=a_message(told=(KIM,))) == Receipt("every recipient has it")
    assert mailbox.messages == []


def test_who_is_refused_for_good_after_others_were_told_is_a_warning(picky_mailbox: PickyMailbox) -> None:
    picky_mailbox.refusals[LEE] = "550 no such user"

    receipt = send(KIM, LEE, message=a_message(told=(KIM,)))
    assert receipt.warning == "refused lee@example.com (550 no such user)"


@pytest.mark.parametrize(
    ("reply", "failure"), [("554 spam", PermanentFailure), ("452 no space", TransientFailure)], ids=["5yz", "4yz"]
)
def test_a_refused_message_is_permanent_or_not_by_its_code(
    mailbox: Mailbox, reply: str, failure: type[Exception]
) -> None:
    mailbox.replies.append(reply)

    with pytest.raises(failure, match=reply):
        send()


def test_a_mail_server_that_is_away_may_come_back(settings: Settings, mailbox: Mailbox) -> None:
    settings.EMAIL_PORT = free_port()

    with pytest.raises(TransientFailure, match="Connection refused"):
        send()


@pytest.mark.parametrize("talk", [hangs, greets_in_drips])
def test_one_limit_holds_for_the_whole_conversation(settings: Settings, mailbox: Mailbox, talk: Talk) -> None:
    configure(settings, send_seconds=0.3)
    with peer(talk) as port:
        settings.EMAIL_PORT = port
        with pytest.raises(TransientFailure, match=r"no answer within 0\.3 s"):
            send()


def test_wrong_credentials_need_a_person(settings: Settings, mailbox: Mailbox) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "kim", "hunter2"

    with peer(refuses_login) as port:
        settings.EMAIL_PORT = port
        with pytest.raises(PermanentFailure, match="refused user name or password") as failure:
            send()
    assert "hunter2" not in failure.value.reason


def test_a_server_without_tls_is_not_spoken_to_in_the_clear(settings: Settings, mailbox: Mailbox) -> None:
    settings.EMAIL_USE_TLS = True

    with pytest.raises(PermanentFailure, match="AHGD_SMTP_TLS"):
        send()
    assert mailbox.messages == []


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
@pytest.mark.parametrize("way", ["ssl", "starttls"])
def test_over_tls_the_name_of_the_server_is_verified(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, way: str
) -> None:
    certificate = self_signed(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    options = {"ssl_context": context} if way == "ssl" else {"tls_context": context, "require_starttls": True}
    server = Controller(Sink(), hostname="127.0.0.1", port=free_port(), **options)
    server.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = name, server.port
    settings.EMAIL_USE_SSL, settings.EMAIL_USE_TLS = way == "ssl", way == "starttls"
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    try:
        if name == "localhost":
            assert send() == Receipt("localhost accepted it for 1 of 1")
        else:
            with pytest.raises(TransientFailure, match="certificate"):
                send()
    finally:
        server.stop()


def test_without_a_mail_server_the_hint_says_what_to_set(settings: Settings) -> None:
    settings.EMAIL_HOST = ""

    with pytest.raises(PermanentFailure, match="AHGD_SMTP_HOST"):
        send()
