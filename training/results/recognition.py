"""The decision that recognises a class's results: they become completions and close gaps."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..classes.models import TrainingClass
from ..completions.operations import delete_completion, save_completion
from ..core.audit import Actor, operation, utcnow
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import day as as_day
from ..core.i18n import today
from ..core.validation import Check
from ..courses.models import Signer
from ..enrolments.models import OpenClass
from . import notices, queries
from .books.locking import hold
from .certificates import registry
from .certificates.signers import signer_of
from .four_eyes import refuse_who_entered
from .models import BookState, CorrectionState, Recognition, Result, ResultCorrection


def recognise(opened: OpenClass, values: dict[str, Any], *, actor: Actor) -> Recognition:
    """Recognise the entered results of a class: everyone who passed has completed the course on that day.

    Args:
        values: `number`, `decided_on`, `signer_id`.

    Raises:
        Refused: with every fault, also if the actor entered the results and may not recognise them; nothing was
            written.
    """
    with operation(actor, "results.recognise") as session:
        book = hold(opened.class_id, BookState.ENTERED)
        refuse_who_entered(book, actor=actor)
        made = {"class_id": opened.class_id, "made_by_id": actor.actor_id, "made_by_name": actor.actor_name}
        check = Check(Recognition, {**values, **made}, None)
        check.columns()
        signer = signer_of(opened.training_class, check.get("signer_id"))
        if signer is None:
            check.wrong("signer_id", _("Choose who signed, from the signers of the host."))
        day = check.get("decided_on")
        held = queries.held_half_days(opened)
        if day is not None and day > today():
            check.wrong("decided_on", _("This day is in the future."))
        if day is not None and held and day < held[-1].day:
            check.wrong("decided_on", _("The class ended on %(day)s only.", day=as_day(held[-1].day)))
        if signer is not None and day is not None:
            _judge_signer(check, opened, signer, day)
        waiting = sa.select(sa.func.count()).where(
            ResultCorrection.state == CorrectionState.ASKED,
            ResultCorrection.result_id.in_(sa.select(Result.id).where(Result.class_id == opened.class_id)),
        )
        if db.session.scalar(waiting):
            check.wrong("", _("A correction waits for a second person: decide it first."))
        check.stop_if_wrong()
        assert signer is not None, "its absence is a fault"
        recognition: Recognition = check.write()
        recognition.sign(signer)
        book.state = BookState.RECOGNISED
        session.flush()
        rows = queries.results(opened.class_id)
        follow(opened, recognition, rows, actor=actor)
        notices.tell_recognised(opened.training_class, recognition, rows)
        return recognition


def _judge_signer(check: Check[Recognition], opened: OpenClass, signer: Signer, day: date) -> None:
    """Check that the signer signs on that day, and that a decision for several classes has one signer and one
    day."""
    if not signer.signs_on(day):
        check.wrong("signer_id", _("%(signer)s does not sign on %(day)s.", signer=signer, day=as_day(day)))
    other = db.session.scalar(
        sa.select(Recognition)
        .join(Recognition.training_class)
        .where(
            Recognition.number == check.get("number"),
            Recognition.withdrawn_at.is_(None),
            TrainingClass.host_id.is_not_distinct_from(opened.training_class.host_id),
            sa.extract("year", Recognition.decided_on) == day.year,
        )
        .limit(1)
    )
    if other is None:
        return
    facts = {"number": other.number, "code": other.training_class.code}
    if other.signature != signer.signature:
        text = _("Decision %(number)s is signed by %(who)s for class %(code)s.", who=other.signature, **facts)
        check.wrong("signer_id", text)
    if other.decided_on != day:
        told = _("Decision %(number)s is of %(day)s for class %(code)s.", day=as_day(other.decided_on), **facts)
        check.wrong("decided_on", told)


def follow(opened: OpenClass, recognition: Recognition, rows: list[Result], *, actor: Actor) -> None:
    """Match completions with results: add them for people who passed and have none, remove them from people who
    did not. Within an operation.

    Raises:
        Refused: naming everyone whose completion cannot be written.
    """
    made = opened.training_class
    faults = []
    for row in rows:
        if row.passed and row.completion_id is None:
            try:
                row.completion = save_completion(
                    {
                        "employee_id": row.enrolment.employee_id,
                        "course_id": made.course_id,
                        "completed_on": recognition.decided_on,
                        "issuer": made.host.name if made.host is not None else None,
                    },
                    actor=actor,
                )
            except Refused as refused:
                person = row.enrolment.employee
                faults += [Fault("", f"{person.name} ({person.code}): {one.message}") for one in refused.faults]
        elif not row.passed and row.completion_id is not None:
            take_back(row, actor=actor)
    if faults:
        raise Refused(*faults)


def take_back(row: Result, *, actor: Actor) -> None:
    """Delete the completion of a result: the gap that it closed opens again. Within an operation."""
    completion = row.completion
    row.completion = None
    db.session.flush()
    if completion is not None:
        delete_completion(completion, actor=actor)


def withdraw(opened: OpenClass, *, ground: str, actor: Actor) -> None:
    """Withdraw the recognition: certificates are cancelled and stay in the register, completions are deleted, and
    the results return to the state entered.

    Raises:
        Refused: no ground, or nothing is recognised.
    """
    if not ground.strip():
        raise Refused(Fault("ground", _("Please give a reason.")))
    with operation(actor, "results.withdraw"):
        book = hold(opened.class_id, BookState.RECOGNISED)
        recognition = registry.recognition_of(opened.class_id)
        assert recognition is not None, "a recognised book has a decision"
        registry.cancel_entries(registry.living_entries(opened.class_id), ground.strip(), actor)
        rows = queries.results(opened.class_id)
        for row in rows:
            if row.completion_id is not None:
                take_back(row, actor=actor)
        recognition.withdrawn_by = actor.actor_name
        recognition.withdrawn_at, recognition.withdraw_ground = utcnow(), ground.strip()
        book.state = BookState.ENTERED
        notices.tell_withdrawn(opened.training_class, recognition, rows)
