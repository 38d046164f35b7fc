"""A person's classes as an iCalendar feed (RFC 5545): each run of class days is one event.

An event keeps its UID for good: class, person and number of the run. `CalendarEvent` stores what was shown last. A
moved class is therefore a new version of the same event (SEQUENCE plus one), and a lost seat or a cancelled class
is the same event with status CANCELLED. A feed without changes is identical byte for byte.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from icalendar import Calendar, Event
from sqlalchemy.orm import joinedload, selectinload

from ...accounts.models import User
from ...classes.models import ClassOption, TrainingClass
from ...core.audit import Actor, operation, utcnow
from ...core.db import db
from ...core.i18n import today
from ...people.models import Employee
from ..models import Enrolment, EnrolmentState
from ..trainee_models import CalendarEvent, CalendarFeed

_CANCELLED_SHOWN = timedelta(days=60)
_SHOWN = ("first", "last", "status", "summary", "location", "description")


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An event according to the current rows; without days if the class no longer has this run."""

    first: date
    last: date
    status: str
    summary: str
    location: str
    description: str


# -- the secret address ----------------------------------------------------------------------------------------


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_address(employee_id: int, *, actor: Actor) -> str:
    """Create a new secret address for the person; the previous one stops working.

    Returns:
        the secret.
    """
    nonce = secrets.token_urlsafe(24)
    token = _secret_of(nonce)
    with operation(actor, "enrolments.save_feed") as session:
        feed = hold_feed(employee_id)
        if feed is None:
            session.add(CalendarFeed(employee_id=employee_id, token_hash=hashed(token), nonce=nonce))
        else:
            feed.token_hash, feed.nonce, feed.made_at = hashed(token), nonce, utcnow()
    return token


def _secret_of(nonce: str) -> str:
    """Return the secret that belongs to a nonce. Read access to the database is not enough to derive it."""
    key = f"calendar:{current_app.config['SECRET_KEY']}".encode()
    return base64.urlsafe_b64encode(hmac.new(key, nonce.encode(), hashlib.sha256).digest()).decode().rstrip("=")


def secret_of(feed: CalendarFeed) -> str | None:
    """Return the secret of a person's address; None if the address predates nonces and cannot be shown again."""
    if feed.nonce is None:
        return None
    token = _secret_of(feed.nonce)
    return token if hashed(token) == feed.token_hash else None


def end_address(employee_id: int, *, actor: Actor) -> None:
    """Remove the person's address, so that the feed can no longer be read."""
    with operation(actor, "enrolments.delete_feed") as session:
        feed = hold_feed(employee_id)
        if feed is not None:
            session.delete(feed)


def hold_feed(employee_id: int) -> CalendarFeed | None:
    """Return the person's current address and lock it until the transaction ends."""
    db.session.execute(sa.select(Employee.id).where(Employee.id == employee_id).with_for_update(key_share=True))
    statement = sa.select(CalendarFeed).where(CalendarFeed.employee_id == employee_id)
    return db.session.scalar(statement.execution_options(populate_existing=True))


def feed_of(employee_id: int) -> CalendarFeed | None:
    return db.session.scalar(sa.select(CalendarFeed).where(CalendarFeed.employee_id == employee_id))


def reader_of(token: str) -> int | None:
    """Return the person whose calendar the secret opens; None if it opens none."""
    user = User.__table__.c
    closed = sa.exists().where(user.employee_id == Employee.id, ~user.active)
    return db.session.scalar(
        sa.select(CalendarFeed.employee_id)
        .join(CalendarFeed.employee)
        .where(CalendarFeed.token_hash == hashed(token), Employee.active, ~closed)
    )


# -- the events ------------------------------------------------------------------------------------------------


def events(employee_id: int) -> Sequence[CalendarEvent]:
    """Return the person's current events.

    Differences from the stored events are written as new versions; concurrent readers wait for each other. A
    cancelled event is dropped some time after its days, when every calendar program has removed it.
    """
    wanted = _wanted(employee_id)
    known = _known(employee_id)
    if _changes(wanted, known):
        db.session.execute(
            sa.select(CalendarFeed.id).where(CalendarFeed.employee_id == employee_id).with_for_update()
        )
        wanted, known = _wanted(employee_id), _known(employee_id)  # the lock's previous holder may have written
        for key, values in _changes(wanted, known).items():
            event = known.get(key)
            if event is None:
                class_id, number = key
                event = CalendarEvent(employee_id=employee_id, class_id=class_id, number=number, sequence=0)
                db.session.add(event)
                known[key] = event
            else:
                event.sequence += 1
            for name, value in values.items():
                setattr(event, name, value)
            event.changed_at = utcnow().replace(microsecond=0)
        db.session.flush()
    oldest = today() - _CANCELLED_SHOWN
    return [row for _key, row in sorted(known.items()) if row.status != "CANCELLED" or row.last >= oldest]


def _known(employee_id: int) -> dict[tuple[int, int], CalendarEvent]:
    statement = sa.select(CalendarEvent).where(CalendarEvent.employee_id == employee_id)
    rows = db.session.scalars(statement.execution_options(populate_existing=True))
    return {(row.class_id, row.number): row for row in rows}


def _wanted(employee_id: int) -> dict[tuple[int, int], _Wanted]:
    """Return (class, number of the run) → event for every class in which the person has or had a seat.

    The active seat of a class counts, otherwise its last one.
    """
    seats = db.session.scalars(
        sa.select(Enrolment)
        .where(Enrolment.employee_id == employee_id)
        .options(
            joinedload(Enrolment.training_class).options(
                joinedload(TrainingClass.course), joinedload(TrainingClass.host)
            ),
            joinedload(Enrolment.option).options(
                joinedload(ClassOption.place), selectinload(ClassOption.sessions), selectinload(ClassOption.rooms)
            ),
        )
        .order_by(Enrolment.ended_at.nulls_last(), Enrolment.id)
        .execution_options(populate_existing=True)
    ).unique()
    last = {seat.class_id: seat for seat in seats}
    found = {}
    with force_locale("vi"):
        for class_id, seat in last.items():
            for number, session in enumerate(seat.option.runs):
                found[class_id, number] = _Wanted(session.first, session.last, *_words(seat))
    return found


def called_off(title: str) -> str:
    """Return the title of a cancelled event: many programs display the title but not STATUS."""
    return str(_("CALLED OFF: %(title)s", title=title))


def _words(seat: Enrolment) -> tuple[str, str, str, str]:
    """Return status, summary, location and description."""
    status = {EnrolmentState.CANCELLED: "CANCELLED", EnrolmentState.OFFERED: "TENTATIVE"}.get(
        EnrolmentState(seat.state), "CONFIRMED"
    )
    made = seat.training_class
    rooms = ", ".join(room.name for room in seat.option.rooms)
    location = ", ".join(part for part in (rooms, seat.option.place.name) if part)
    lines = [f"{made.code} · {made.name}"]
    if made.host is not None:
        host = _("Host: %(host)s", host=made.host.name)
        lines.append(f"{host} ({made.host.phone})" if made.host.phone else host)
    title = called_off(made.course.name) if status == "CANCELLED" else made.course.name
    return status, title, location, "\n".join(lines)


def _changes(
    wanted: dict[tuple[int, int], _Wanted], known: dict[tuple[int, int], CalendarEvent]
) -> dict[tuple[int, int], dict[str, Any]]:
    """Return the values to write so that the stored events match the wanted ones, by key."""
    found: dict[tuple[int, int], dict[str, Any]] = {}
    with force_locale("vi"):
        for key, event in known.items():
            if key not in wanted and event.status != "CANCELLED":  # the class has fewer runs of days than before
                found[key] = {"status": "CANCELLED", "summary": called_off(event.summary)}
    for key, want in wanted.items():
        shown = known.get(key)
        if shown is None and want.status == "CANCELLED":
            continue  # never shown: nothing to cancel
        values = {name: getattr(want, name) for name in _SHOWN}
        if shown is not None and want.status == shown.status == "CANCELLED" and want.summary == shown.summary:
            continue  # the class may have moved since
        if shown is None or any(getattr(shown, name) != value for name, value in values.items()):
            found[key] = values
    return found


# -- as text ---------------------------------------------------------------------------------------------------


def as_ical(rows: Sequence[CalendarEvent]) -> bytes:
    """Return the feed. Events are whole days, so they need no time zone; all timestamps come from the rows."""
    public = current_app.config["PUBLIC_URL"].rstrip("/")
    domain = urlsplit(public).hostname or "localhost"
    calendar = Calendar()
    calendar.add("prodid", "-//Ke hoach dao tao boi duong//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    with force_locale("vi"):
        calendar.add("x-wr-calname", _("Training classes"))
    calendar.add("x-wr-timezone", "Asia/Ho_Chi_Minh")
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    for row in rows:
        calendar.add_component(_event(row, public, domain))
    text: bytes = calendar.to_ical()
    return text


def _event(row: CalendarEvent, public: str, domain: str) -> Event:
    event = Event()
    event.add("uid", f"class-{row.class_id}-{row.employee_id}-{row.number}@{domain}")
    event.add("sequence", row.sequence)
    event.add("dtstamp", row.changed_at)
    event.add("last-modified", row.changed_at)
    event.add("dtstart", row.first)
    event.add("dtend", row.last + timedelta(days=1))  # iCalendar's end is exclusive
    event.add("status", row.status)
    event.add("summary", row.summary)
    event.add("location", row.location)
    event.add("description", row.description)
    event.add("url", f"{public}/classes/{row.class_id}")
    event.add("transp", "TRANSPARENT" if row.status == "CANCELLED" else "OPAQUE")
    return event


def changed(rows: Sequence[CalendarEvent]) -> datetime | None:
    """Return when the feed last changed."""
    return max((row.changed_at for row in rows), default=None)
