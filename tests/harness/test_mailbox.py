from smtplib import SMTP, SMTPDataError

import pytest

from tests.mailbox import Mailbox

MAIL = ("from@example.org", ["to@example.org"], "Subject: hello\r\n\r\nworld\r\n")


def test_a_message_that_was_accepted_is_kept(mailbox: Mailbox) -> None:
    with SMTP(mailbox.host, mailbox.port) as client:
        client.sendmail(*MAIL)
    assert [message["Subject"] for message in mailbox.wait_for(1)] == ["hello"]


def test_a_message_that_was_refused_is_not_kept(mailbox: Mailbox) -> None:
    mailbox.replies.append("451 4.3.0 Try again later")
    with SMTP(mailbox.host, mailbox.port) as client, pytest.raises(SMTPDataError, match="Try again later"):
        client.sendmail(*MAIL)
    assert mailbox.messages == []
