"""Pages: one's own messages, what was sent to whom, the progress of sending, the active kinds."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..core.access import (
    ADMINISTRATORS,
    CATALOGUE_EDITORS,
    EVERYBODY,
    STAFF,
    Role,
    allow,
    current_roles,
    current_scope,
)
from ..core.db import db
from ..core.i18n import moment, number
from ..core.tables import Filter, ListColumn, listing
from ..web.confirming import asks
from . import corrections, operations, outbox, queries
from .blueprint import bp
from .forms import MailForm
from .kinds import KINDS, kind_label
from .mail import bounces
from .models import BouncedAddress, Channel, Message, MessageState, Off

__all__ = ["bp", "corrections"]


def _subject(message: Message) -> str:
    return message.subject or outbox.text_of(message)


def _state(message: Message) -> str:
    label = MessageState(message.state).label
    return f"{label}: {_note(message)}" if message.note else label


def _note(message: Message) -> str:
    return Off(message.note).label if message.note in set(Off) else message.note or ""


def _left(message: Message) -> str:
    """Return when a message reached its channel; a mail that no server accepted has not."""
    return "" if message.state == MessageState.KEPT else moment(message.sent_at)


_KINDS = Filter(
    "kind", _l("Kind"), lambda: [(s.kind, s.label) for s in queries.switches()], lambda v: Message.kind == v
)
_CHANNELS = Filter(
    "channel", _l("Channel"), lambda: [(c.value, c.label) for c in Channel], lambda v: Message.channel == v
)
_STATES = Filter(
    "state", _l("State"), lambda: [(s.value, s.label) for s in MessageState], lambda v: Message.state == v
)
_AT = ListColumn(
    "at", _l("Time"), lambda m: moment(m.at), (Message.id,), link=lambda m: url_for(".message", id=m.id)
)
_CHANNEL = ListColumn(
    "channel", _l("Channel"), lambda m: Channel(m.channel).label, (Message.channel,), wide_only=True
)
_TEXT = ListColumn("subject", _l("Message"), _subject)


@bp.get("/my-messages")
@allow(EVERYBODY)
def mine() -> str:
    """Show the messages of the signed-in person, on the site and by mail."""
    form = MailForm(data={"wanted": queries.wants_mail(current_user.id)})
    page = listing(queries.mine(current_user), (_AT, _TEXT, _CHANNEL), default_sort="-at", filters=(_CHANNELS,))
    return render_template("messages/mine.html", page=page, form=form)


@bp.post("/my-messages/mail")
@allow(EVERYBODY)
def choose_mail() -> Response:
    form = MailForm()
    if form.validate():
        operations.choose_mail(current_user, bool(form.wanted.data), actor=current_user)
        db.session.commit()
        flash(_("Your choice is saved."), "success")
    return redirect(url_for(".mine"))


@bp.post("/notices/read")
@allow(EVERYBODY)
def read() -> Response:
    """Mark the messages of the signed-in person as read."""
    outbox.mark_read(current_user.id)
    db.session.commit()
    return redirect(url_for("dashboard.home"))


@bp.get("/messages")
@allow(STAFF)
def record() -> str:
    """Show what was sent to whom; of a class alone if the address says which."""
    about = request.args.get("about", "").strip()[:60] or None
    columns = (
        _AT,
        ListColumn("person", _l("Sent to"), lambda m: m.recipient, (queries.SORT,)),
        ListColumn("kind", _l("Kind"), lambda m: kind_label(m.kind), (Message.kind, Message.id)),
        _CHANNEL,
        ListColumn("mail", _l("E-mail"), lambda m: m.mail_to or "", (Message.mail_to, Message.id), wide_only=True),
        ListColumn("state", _l("State"), _state, (Message.state, Message.id)),
        ListColumn("sent", _l("Sent at"), _left, (Message.sent_at, Message.id), wide_only=True),
    )
    page = listing(
        queries.record(current_scope(), about),
        columns,
        default_sort="-at",
        search=queries.SEARCH,
        filters=(_KINDS, _CHANNELS, _STATES),
        tie=Message.id,
    )
    return render_template("messages/record.html", page=page, about=about)


@bp.get("/messages/<int:id>")
@allow(EVERYBODY)
def message(id: int) -> str:
    """Show one message as it was sent: one's own, or, for staff, of those whose records they keep."""
    staff = bool(current_roles() & STAFF)
    found = queries.message(id, current_user, staff=staff) or abort(404)
    return render_template(
        "messages/message.html",
        message=found,
        text=outbox.text_of(found),
        kind=kind_label(found.kind),
        channel=Channel(found.channel),
        state=_state(found),
        staff=staff,
    )


@bp.get("/messages/delivery")
@allow(CATALOGUE_EDITORS)
def delivery() -> str:
    """Show the progress of sending mails."""
    return render_template(
        "messages/delivery.html",
        states=[(state, queries.mail_totals().get(state, 0)) for state in MessageState],
        told=_delivery(),
        sendings=queries.sendings(),
        bounced=bounces.listed(),
        kind_label=kind_label,
        may_retry=Role.ADMINISTRATOR in current_roles(),
    )


@bp.get("/messages/delivery/progress")
@allow(CATALOGUE_EDITORS)
def delivery_progress() -> dict[str, Any]:
    return _delivery()


def _delivery() -> dict[str, Any]:
    totals = queries.mail_totals()
    waiting = totals.get(MessageState.QUEUED, 0)
    done = sum(
        totals.get(state, 0)
        for state in (MessageState.SENT, MessageState.KEPT, MessageState.FAILED, MessageState.BOUNCED)
    )
    return {
        "working": waiting > 0,
        "status": _("%(count)s mails wait to be sent", count=number(waiting)),
        "done": done,
        "total": done + waiting,
    }


@bp.post("/messages/delivery/again")
@allow(ADMINISTRATORS)
@asks
def send_again() -> Response:
    count = operations.send_failed_again(actor=current_user)
    db.session.commit()
    flash(_("%(count)s mails are sent again.", count=number(count)), "success")
    secret = queries.failed_secret_mails()
    if secret:
        flash(
            _(
                "%(count)s failed mails were about passwords or sign-ins: nothing of them is kept. Whoever still "
                "needs one asks for it again.",
                count=number(secret),
            ),
            "info",
        )
    return redirect(url_for(".delivery"))


@bp.post("/messages/bounced/<int:id>/release")
@allow(ADMINISTRATORS)
def release_address(id: int) -> Response:
    """Send again to an address whose mails bounced."""
    row = db.session.get(BouncedAddress, id) or abort(404)
    bounces.release(row, actor=current_user)
    db.session.commit()
    flash(_("New mails go to %(address)s again.", address=row.address), "success")
    return redirect(url_for(".delivery"))


@bp.route("/messages/kinds", methods=["GET", "POST"])
@allow(ADMINISTRATORS)
def switches() -> str | Response:
    """Set the channels of each kind of message."""
    if request.method == "POST":
        site, mail = set(request.form.getlist("site")), set(request.form.getlist("mail"))
        operations.switch_kinds(
            {kind: (kind in site, kind in mail) for kind, one in KINDS.items() if not one.secret},
            actor=current_user,
        )
        db.session.commit()
        flash(_("Your choice is saved."), "success")
        return redirect(url_for(".switches"))
    return render_template("messages/switches.html", switches=queries.switches())
