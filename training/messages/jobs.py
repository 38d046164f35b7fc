"""Sending: right after the operation that wrote the mails, and every two minutes for what is tried again."""

from __future__ import annotations

from ..core.tasks import MAIL, job
from .mail.sending import send_due
from .outbox import SENDING


@job(SENDING, queue=MAIL, lock=SENDING)
def send() -> None:
    """Send what is due."""
    send_due()


@job("messages.send_again", cron="*/2 * * * *", queue=MAIL, lock=SENDING, queueing_lock="messages.send_again")
def send_again(timestamp: int) -> None:
    """Send what is due by now."""
    send_due()
