"""Sending of mails: right after the operation that wrote them, and every two minutes for retries."""

from __future__ import annotations

from ..core.tasks import MAIL, job
from .mail.sending import send_due
from .outbox import SENDING


@job(SENDING, queue=MAIL, lock=SENDING)
def send() -> None:
    """Send all due mails."""
    send_due()


@job("messages.send_again", cron="*/2 * * * *", queue=MAIL, lock=SENDING, queueing_lock="messages.send_again")
def send_again(timestamp: int) -> None:
    """Send the mails due by now."""
    send_due()
