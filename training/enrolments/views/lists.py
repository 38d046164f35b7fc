"""Pages that list seats: a trainee's own, a unit's, a class's; and the decision on a need."""

from __future__ import annotations

from io import BytesIO

from flask import abort, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core.access import (
    ANSWERERS,
    EVERYBODY,
    READERS,
    REGISTRARS,
    TRAINEES,
    Role,
    allow,
    current_roles,
    current_scope,
)
from ...core.db import db
from ...core.i18n import today
from ...core.tables import Filter, ListColumn, listing, named
from ...courses.models import Course
from ...exports.asking import ask_for_file
from ...needs.models import Need, Priority, Round
from ...people.models import Employee, Position, Unit
from ...people.queries import PERSON_SEARCH, sees
from ...planning.models import RunNeed
from ...planning.rule_texts import stored_sentence
from ...planning.rules.reasons import reason_choices, reason_label, reason_sentence
from ...planning.scoring import explained
from .. import queries
from ..blueprint import bp
from ..models import Enrolment, EnrolmentState
from ..rearranging import manual
from ..seats.obstacles import Situation
from ..seats.outcomes import Outcome, OutcomeKind, outcomes_of
from ..seats.trainee_texts import now_in_words, words
from ..waiting_list import promotion, queue
from ..waiting_list.offer_terms import term_on
from . import downloads, trainees

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@bp.get("/my-classes")
@allow(TRAINEES)
def mine() -> str:
    employee_id = current_scope().employee_id or 0
    unmet = queries.unmet_of(employee_id)
    seats = queries.enrolments_of(employee_id)
    ends = outcomes_of([*(u.need.id for u in unmet), *(seat.need_id for seat in seats)])
    places = queue.places([u.need.id for u in unmet])
    decided = {u.need.id: (u.need, u.decision.reason if u.decision else None) for u in unmet if u.published}
    own = words(decided, places, ends)
    return render_template(
        "enrolments/mine.html",
        enrolments=seats,
        may_answer=True,
        unmet=unmet,
        outcomes=ends,
        OutcomeKind=OutcomeKind,
        places=places,
        passed=queries.passed_over([u.need.id for u in unmet]),
        offer_term=term_on(today()),
        kept_out=queue.kept_out([u.need.id for u in unmet]),
        why_not_again=queue.why_not_again,
        may_join=promotion.may_join([u.need.id for u in unmet]),
        words=own,
        stored_sentence=stored_sentence,
        requests=trainees.own_requests(employee_id),
    )


@bp.get("/seats/<int:need_id>")
@allow(EVERYBODY)
def decision(need_id: int) -> str:
    """Show what the plan in force decided for one need, with all obstacles."""
    need, row = queries.decision(need_id, current_scope()) or abort(404)
    seat = manual.seat_of(need_id)
    situation = Situation([need]) if seat is None else None
    now = situation.reason(need_id) if situation else None
    same = row is not None and row.reason == now
    return render_template(
        "enrolments/decision.html",
        row=row,
        need=need,
        seat=seat,
        EnrolmentState=EnrolmentState,
        OutcomeKind=OutcomeKind,
        told=outcomes_of([need_id])[need_id],
        waits=queue.places([need_id]).get(need_id),
        offer_term=term_on(today()),
        passed=queries.passed_over([need_id]),
        kept_out=queue.kept_out([need_id]),
        why_not_again=queue.why_not_again,
        may_join=sees(current_scope(ANSWERERS), need.employee) and need_id in promotion.may_join([need_id]),
        may_answer=sees(current_scope(ANSWERERS), need.employee),
        may_place=Role.PLANNER in current_roles(),
        may_send=sees(current_scope(REGISTRARS), need.employee),
        label=reason_label(row.reason) if row else None,
        sentence=reason_sentence(now) if same else "",
        now="" if same or situation is None else now_in_words(now),
        value=explained(row.value_parts) if row and row.value_parts else None,
        standings=situation.classes(need_id) if situation else [],
        stored_sentence=stored_sentence,
        back=url_for(".seats") if current_roles() & READERS else url_for(".mine"),
    )


@bp.get("/seats")
@allow(READERS)
def seats() -> str:
    rounds = queries.published_rounds()
    held: dict[int, Enrolment] = {}
    found: dict[int, Outcome] = {}
    columns = (
        ListColumn(
            "person",
            _l("Person"),
            lambda r: r.employee.name,
            (Employee.sort_key,),
            lambda r: url_for("enrolments.decision", need_id=r.id),
            narrow_note=lambda r: r.course.name,
        ),
        ListColumn("code", _l("Code"), lambda r: r.employee.code, (Employee.code,), wide_only=True),
        ListColumn("unit", _l("Unit"), lambda r: r.employee.unit.name, (Unit.sort_key,), wide_only=True),
        ListColumn("course", _l("Course"), lambda r: r.course.name, (Course.sort_key,), wide_only=True),
        ListColumn(
            "priority", _l("Priority"), lambda r: Priority(r.priority).label, (Need.priority,), wide_only=True
        ),
        ListColumn(
            "class",
            _l("Class"),
            lambda r: held[r.id].training_class.code if r.id in held else "",
            (),
            lambda r: url_for("classes.training_class", id=held[r.id].class_id) if r.id in held else None,
            wide_only=True,
        ),
        ListColumn("reason", _l("Result"), lambda r: _result(found[r.id], held.get(r.id))),
    )
    filters = (
        Filter(
            "outcome",
            _l("Result"),
            [("seat", _l("Has a seat")), ("none", _l("Without a seat"))],
            lambda value: queries.has_seat() if value == "seat" else ~queries.has_seat(),
        ),
        Filter("reason", _l("Reason"), reason_choices, lambda value: RunNeed.reason == value),
        Filter(
            "round",
            _l("Plan"),
            rounds,
            lambda value: queries.of_plan(int(value)),
            default=rounds[0][0] if rounds else None,
        ),
    )
    page = listing(
        queries.decided_needs(current_scope()),
        columns,
        default_sort="person",
        search=(*PERSON_SEARCH, Course.search_key, queries.in_class),
        filters=filters,
        tie=Need.id,
    )
    need_ids = [row.id for row in page.rows]
    held.update(queries.seats_held(need_ids))
    found.update(outcomes_of(need_ids))
    chosen = page.chosen.get("round")
    return render_template(
        "enrolments/seats.html",
        page=page,
        rounds=rounds,
        totals=queries.totals(current_scope(), int(chosen) if chosen else None),
    )


@bp.route("/seats/export.xlsx", methods=["GET", "POST"])
@allow(READERS)
def seats_export() -> str | Response:
    """Download the seats in force of the plan that the page of seats shows."""
    known = [int(value) for value, _label in queries.published_rounds()]
    asked = request.args.get("round", type=int) or (known[0] if known else None)
    round_ = db.session.get(Round, asked) if asked in known else None
    if round_ is None:
        abort(404)
    scope = current_scope()
    if downloads.is_large(round_, scope):
        title = str(_("Seats in force: %(round)s", round=round_.name))
        return ask_for_file(downloads.NAME, {"round": round_.id}, title)
    name, content = downloads.seats_file(round_, scope, actor=current_user)
    db.session.commit()
    return send_file(BytesIO(content), mimetype=_XLSX, as_attachment=True, download_name=name)


def _result(told: Outcome, seat: Enrolment | None) -> str:
    """Return the outcome of a need in a few words, with the class, which narrow screens show nowhere else."""
    said = told.why or told.kind.label
    return f"{said} · {seat.training_class.code}" if seat is not None else said


@bp.get("/classes/<int:id>/roster")
@allow(READERS)
def roster(id: int) -> str:
    made = queries.training_class(id) or abort(404)
    registers = current_scope(REGISTRARS)
    columns = (
        ListColumn(
            "person",
            _l("Person"),
            lambda e: e.employee.name,
            (Employee.sort_key,),
            lambda e: url_for("people.employee", id=e.employee_id),
        ),
        ListColumn("code", _l("Code"), lambda e: e.employee.code, (Employee.code,)),
        ListColumn("unit", _l("Unit"), lambda e: e.employee.unit.name, (Unit.sort_key,)),
        ListColumn(
            "position",
            _l("Position"),
            lambda e: e.employee.position.name if e.employee.position else "",
            wide_only=True,
        ),
        *(
            [
                ListColumn(
                    "exchange",
                    _l("Another class"),
                    lambda e: _("Change classes"),
                    link=lambda e: (
                        url_for("enrolments.exchange", id=e.id) if sees(registers, e.employee) else None
                    ),
                )
            ]
            if current_roles() & REGISTRARS
            else []
        ),
    )
    page = listing(
        queries.roster(id, current_scope()),
        columns,
        default_sort="person",
        search=(*PERSON_SEARCH, named(Employee.position_id, Position)),
    )
    return render_template(
        "enrolments/roster.html",
        training_class=made,
        page=page,
        option=queries.option_held(id),
        partly=not current_scope().everything,
        may_cancel=Role.PLANNER in current_roles() and queries.open_class(id) is not None,
    )
