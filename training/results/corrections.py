"""Corrections of entered results: requested with a ground, decided by a second person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.dialects.postgresql import insert

from ..core.audit import Actor, operation, utcnow
from ..core.db import db
from ..core.errors import Fault, Refused
from ..enrolments.models import OpenClass
from . import notices, queries, recognition
from .books.half_days import parse_key
from .books.locking import hold
from .books.score_entry import score_fault, write_scores
from .certificates import registry
from .models import (
    AttendanceMark,
    BookState,
    CorrectionState,
    DayPart,
    MarkKind,
    Result,
    ResultCorrection,
    mark_versions,
)
from .operations import find_results, set_result


def ask(
    opened: OpenClass,
    row: Result,
    *,
    scores: Mapping[int, Decimal | None],
    marks: Mapping[tuple[date, DayPart], MarkKind],
    ground: str,
    actor: Actor,
) -> ResultCorrection:
    """Request a change of scores or marks of one person; values that stay the same are left out.

    Raises:
        Refused: with every fault; among others when nothing changes or another correction is open.
    """
    with operation(actor, "results.ask_correction") as session:
        hold(opened.class_id, BookState.ENTERED, BookState.RECOGNISED)
        known = queries.scores(opened.class_id).get(row.enrolment_id, {})
        marked = queries.marks(opened.class_id).get(row.enrolment_id, {})
        positions = {test.position for test in queries.tests(opened.training_class)}
        held = {(one.day, one.part) for one in queries.held_half_days(opened)}
        faults = []
        for place, value in scores.items():
            if place not in positions:
                faults.append(Fault(f"s-{place}", _("The class has no such test.")))
            elif value is not None and (wrong := score_fault(value)):
                faults.append(Fault(f"s-{place}", wrong))
        if any(key not in held for key in marks):
            faults.append(Fault("", _("There was no teaching in that half-day.")))
        if not ground.strip():
            faults.append(Fault("ground", _("Please give a reason.")))
        new_scores = {place: value for place, value in scores.items() if known.get(place) != value}
        new_marks = {key: kind for key, kind in marks.items() if marked.get(key) != kind}
        if not faults and not new_scores and not new_marks:
            faults.append(Fault("", _("Nothing would change.")))
        if db.session.scalar(
            sa.select(ResultCorrection.id).where(
                ResultCorrection.result_id == row.id, ResultCorrection.state == CorrectionState.ASKED
            )
        ):
            faults.append(Fault("", _("Another correction of this result waits for a second person.")))
        if faults:
            raise Refused(*faults)
        asked = ResultCorrection(
            result=row,
            scores={str(place): None if value is None else str(value) for place, value in new_scores.items()},
            marks={f"{day.isoformat()}/{part}": str(kind) for (day, part), kind in new_marks.items()},
            ground=ground.strip(),
            asked_by_id=actor.actor_id,
            asked_by_name=actor.actor_name,
        )
        session.add(asked)
        return asked


def decide(
    opened: OpenClass, row: ResultCorrection, *, approve: bool, note: str | None = None, actor: Actor
) -> None:
    """Approve or refuse a correction that another person requested. An approved correction is written and the
    result is found again by the rule of the class. A recognised result follows: a completion is added or removed,
    and a certificate that is no longer correct is cancelled.

    Raises:
        Refused: it is decided, the actor requested it, or a refusal has no reason.
    """
    with operation(actor, "results.decide_correction") as session:
        book = hold(opened.class_id, BookState.ENTERED, BookState.RECOGNISED)
        session.refresh(row, with_for_update={"of": ResultCorrection})
        reason = (note or "").strip() or None
        if row.state != CorrectionState.ASKED:
            raise Refused(_("This correction is decided already."))
        if actor.actor_id is None or actor.actor_id == row.asked_by_id:
            raise Refused(_("A second person decides: you asked for this correction yourself."))
        if not approve and reason is None:
            raise Refused(Fault("note", _("Say why it is refused.")))
        row.decided_by_id, row.decided_by_name = actor.actor_id, actor.actor_name
        row.state = CorrectionState.APPROVED if approve else CorrectionState.REFUSED
        row.decided_at, row.decision_note = utcnow(), reason
        if not approve:
            return
        result = row.result
        _write(row, actor)
        session.flush()
        assert book.rule is not None, "an entered book has a rule"
        before = (result.passed, result.classification)
        found = find_results(opened, book.rule, [result.enrolment])[result.enrolment_id]
        decision = registry.recognition_of(opened.class_id)
        # One statement sets the result to failed and removes its completion: a constraint requires both together.
        with session.no_autoflush:
            set_result(result, found)
            if decision is None:
                return
            if (result.passed, result.classification) != before:
                entries = registry.living_entries(opened.class_id, result.enrolment_id)
                ground = _("The result was corrected: %(why)s", why=row.ground)
                registry.cancel_entries(entries, ground, actor)
            recognition.follow(opened, decision, [result], actor=actor)
        notices.tell_corrected(opened.training_class, row)


def _write(row: ResultCorrection, actor: Actor) -> None:
    seat_id = row.result.enrolment_id
    write_scores(
        {(seat_id, int(place)): None if value is None else Decimal(value) for place, value in row.scores.items()},
        db.session(),
    )
    now = utcnow()
    for key, kind in row.marks.items():
        day, part = parse_key(key)
        statement = insert(AttendanceMark).values(
            enrolment_id=seat_id, day=day, part=part, kind=kind, marked_at=now, marked_by=actor.actor_name
        )
        db.session.execute(
            statement.on_conflict_do_update(
                index_elements=["enrolment_id", "day", "part"],
                set_={
                    **{name: statement.excluded[name] for name in ("kind", "marked_at", "marked_by")},
                    "version": mark_versions.next_value(),
                },
            )
        )
