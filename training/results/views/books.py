"""Pages for class books: the list, a class's overview, its half-days, the roll call, tests and scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from ...classes.models import TrainingClass
from ...classes.panels import class_panels
from ...core.access import HOSTS, allow, current_roles
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import ZONE, day, number, today
from ...core.tables import Filter, ListColumn, listing, named
from ...courses.models import Course, Host
from ...holidays.queries import work_calendar
from .. import queries
from ..blueprint import address, asked, book_scope, bp, done, page, the_class
from ..books import progress, roll_call, score_entry
from ..books.half_days import HalfDay, parse_key
from ..books.roll_call import Conflict, Mark
from ..forms import ResultReasonForm
from ..models import AttendanceMark, BookState, DayPart, MarkKind

_MOST_MARKS = 2000
_FIRST_YEAR = 2000  # the year of a clock that was never set is earlier
_WEIGHTS = {str(n): n for n in range(1, 11)}


@bp.get("/class-books")
@allow(HOSTS)
def books() -> str:
    """Show the classes whose books the reader keeps."""
    scope = book_scope()
    states: dict[int, BookState] = {}
    columns = (
        ListColumn(
            "code",
            _l("Class"),
            lambda c: c.training_class.code,
            (TrainingClass.code,),
            lambda c: address("book", c),
        ),
        ListColumn("course", _l("Course"), lambda c: c.training_class.course.name, (Course.sort_key,)),
        ListColumn(
            "host",
            _l("Host"),
            lambda c: c.training_class.host.name if c.training_class.host else "",
            (TrainingClass.host_id,),
            wide_only=True,
        ),
        ListColumn(
            "first",
            _l("Days"),
            lambda c: f"{day(c.option.runs[0].first)} – {day(c.option.runs[-1].last)}",
            (queries.first_day(),),
        ),
        ListColumn(
            "people",
            _l("People"),
            lambda c: number(c.training_class.seats_taken),
            (TrainingClass.seats_taken,),
            number=True,
        ),
        ListColumn(
            "state", _l("State"), lambda c: progress.state_told(c, states.get(c.class_id, BookState.RUNNING))
        ),
    )
    filters = (
        Filter("host", _l("Host"), lambda: queries.host_choices(scope), lambda v: TrainingClass.host_id == int(v)),
        Filter(
            "state",
            _l("State"),
            lambda: [(state.value, state.label) for state in BookState],
            lambda value: queries.state_of() == value,
        ),
        Filter(
            "when",
            _l("When"),
            [("begun", _l("Begun")), ("coming", _l("Coming"))],
            lambda value: queries.first_day() <= today() if value == "begun" else queries.first_day() > today(),
        ),
    )
    found = listing(
        queries.open_classes(scope),
        columns,
        default_sort="first",
        search=(TrainingClass.search_key, Course.search_key, named(TrainingClass.host_id, Host)),
        filters=filters,
    )
    states.update(queries.states([row.class_id for row in found.rows]))
    return render_template("results/books.html", page=found)


@bp.get("/class-books/<int:id>")
@allow(HOSTS)
def book(id: int) -> str:
    """Show the progress of a class, and each person's attendance."""
    row = the_class(id)
    held, marks = queries.held_half_days(row), queries.marks(id)
    passed = [one for one in held if one.day <= today()]
    seats = queries.attendants(id)
    return page(
        "book",
        row,
        held=held,
        passed=passed,
        unmarked=[one for one in passed if any((one.day, one.part) not in marks.get(s.id, {}) for s in seats)],
        people=[(seat, queries.attendance(passed, marks.get(seat.id, {}))) for seat in seats],
        rules=queries.book(id),
    )


@bp.route("/class-books/<int:id>/days", methods=["GET", "POST"])
@allow(HOSTS)
def days(id: int) -> str | Response:
    """Edit the half-days in which the class is taught."""
    row = the_class(id)
    if request.method == "POST":
        held = _keys(request.form.getlist("held"))
        if "was" in request.form:  # untouched half-days stay as another user may have set them meanwhile
            was, now = (
                _keys(request.form.getlist("was")),
                {(one.day, one.part) for one in queries.held_half_days(row)},
            )
            held = (now | (held - was)) - (was - held)
        if done(lambda: roll_call.save_half_days(row, held, actor=current_user), _("Saved.")):
            return redirect(address("book", row))
        row = the_class(id)
    by_day: dict[date, list[HalfDay]] = {}
    for one in queries.all_half_days(row):
        by_day.setdefault(one.day, []).append(one)
    calendar = work_calendar()
    marked = queries.marked_without_teaching(row)
    return page("days", row, by_day=by_day, holidays=calendar.off, marked_without_teaching=marked)


def _keys(texts: Iterable[str]) -> set[tuple[date, DayPart]]:
    found = set()
    for text in texts:
        try:
            found.add(parse_key(text))
        except ValueError:
            continue
    return found


# -- roll call ------------------------------------------------------------------------------------------------


def _asked_for(held: list[HalfDay]) -> HalfDay | None:
    """Return the half-day in the address, else the present one, else the latest that has begun, else the first."""
    named = request.args.get("half_day", "")
    for one in held:
        if one.key == named:
            return one
    now = datetime.now(ZONE)
    part = DayPart.MORNING if now.hour < 12 else DayPart.AFTERNOON
    begun = [
        one for one in held if (one.day, one.part == DayPart.AFTERNOON) <= (now.date(), part == DayPart.AFTERNOON)
    ]
    return begun[-1] if begun else (held[0] if held else None)


@bp.route("/class-books/<int:id>/roll-call", endpoint="roll_call", methods=["GET", "POST"])
@allow(HOSTS)
def roll_call_of(id: int) -> str | Response:
    """Show the roll of one half-day. With JavaScript each mark is sent when it is made, and again until it has
    arrived; without, the form is sent as a whole."""
    row = the_class(id)
    held = queries.held_half_days(row)
    chosen = _asked_for(held)
    seats = queries.attendants(id)
    stands = queries.standing_marks([(seat.id, chosen.day, chosen.part) for seat in seats]) if chosen else {}
    marked = {key[0]: mark for key, mark in stands.items()}
    if request.method == "POST" and chosen:
        given = _given_marks([seat.id for seat in seats], chosen, marked)
        told = roll_call.save_marks(given, actor=current_user, scope=book_scope())
        db.session.commit()
        closed = progress.why_closed(queries.book(id))
        names = {seat.id: seat.employee.name for seat in seats}
        refused = [
            f"{names[mark.enrolment_id]}: {why}" if isinstance(why, Conflict) else why
            for mark, why in zip(given, told, strict=True)
            if why
        ]
        for message in dict.fromkeys([*filter(None, [closed]), *refused]):
            flash(message, "danger")
        if not refused and not closed:
            flash(_("Saved."), "success")
        return redirect(url_for(".roll_call", id=id, half_day=chosen.key))
    place = held.index(chosen) if chosen else 0
    return page(
        "roll_call",
        row,
        held=held,
        chosen=chosen,
        before=held[place - 1] if place else None,
        after=held[place + 1] if chosen and place + 1 < len(held) else None,
        seats=seats,
        marked=marked,
        kinds=MarkKind,
        future=bool(chosen and chosen.day > today()),
    )


def _given_marks(seat_ids: list[int], half_day: HalfDay, marked: Mapping[int, AttendanceMark]) -> list[Mark]:
    """Return the marks of a form that differ from what it showed. An untouched mark keeps what another user wrote
    meanwhile."""
    now, rest = datetime.now(ZONE), request.form.get("rest")
    found = []
    for seat_id in seat_ids:
        text, showed = request.form.get(f"m-{seat_id}"), request.form.get(f"was-{seat_id}")
        stands = marked.get(seat_id)
        version = request.form.get(f"version-{seat_id}", "")
        seen = int(version) if version.isascii() and version.isdigit() and len(version) < 18 else None
        if showed is None:  # a form of an earlier release
            showed = stands.kind if stands is not None else ""
        if text in set(MarkKind) and text != showed:
            found.append(Mark(seat_id, half_day.day, half_day.part, MarkKind(text), now, seen))
        elif text is None and rest in set(MarkKind) and not showed:
            found.append(Mark(seat_id, half_day.day, half_day.part, MarkKind(rest), now, rest=True))
    return found


@bp.get("/class-books/<int:id>/roll-call/marks")
@allow(HOSTS)
def marks_now(id: int) -> Response:
    """Return the marks of a half-day as they are, for a page that has been open for a while: another telephone may
    have marked since."""
    row = the_class(id)
    try:
        on, part = parse_key(request.args.get("half_day", ""))
    except ValueError:
        abort(404)
    keys = [(seat.id, on, part) for seat in queries.attendants(row.class_id)]
    stands = queries.standing_marks(keys)
    return jsonify(stands=[_stands(key, stands.get(key)) for key in keys])


@bp.post("/roll-call/marks")
@allow(HOSTS)
def marks() -> Response | tuple[Response, int]:
    """Write marks that a telephone sends: `{"marks": [{seat, half_day, kind, at, seen, rest}, …]}`. The answer has
    three lists with an entry for each mark: the reason if it was refused (null: it was written); the present mark;
    and in `conflicts` the mark of another user, if one marked otherwise, so that the sender chooses."""
    said = request.get_json(silent=True)
    sent = said.get("marks") if isinstance(said, dict) else None
    if not isinstance(sent, list) or len(sent) > _MOST_MARKS:
        return jsonify(error="marks", message=str(_("What was sent could not be read."))), 400
    read = [_read_mark(one) for one in sent]
    given = [one for one in read if one]
    told = iter(roll_call.save_marks(given, actor=current_user, scope=book_scope()))
    answer = [next(told) if one else str(_("This mark could not be understood.")) for one in read]
    db.session.commit()
    visible = roll_call.seats_of({one.enrolment_id for one in given}, book_scope())
    stands = queries.standing_marks([one.key for one in given if one.enrolment_id in visible])
    shown = [
        _stands(one.key, stands.get(one.key)) if one is not None and one.enrolment_id in visible else None
        for one in read
    ]
    conflicts = [
        {
            "person": visible[one.enrolment_id].employee.name,
            "when": f"{day(one.day)}, {one.part.label}",
            "label": MarkKind(stands[one.key].kind).label if one.key in stands else str(_("not marked")),
            "address": url_for(
                ".roll_call",
                id=visible[one.enrolment_id].class_id,
                half_day=f"{one.day.isoformat()}/{one.part.value}",
            ),
        }
        if one is not None and isinstance(why, Conflict)
        else None
        for one, why in zip(read, answer, strict=True)
    ]
    db.session.rollback()  # nothing more was written: release the seats
    return jsonify(told=answer, stands=shown, conflicts=conflicts)


def _stands(key: tuple[int, date, DayPart], mark: AttendanceMark | None) -> dict[str, Any]:
    """Return a mark as a telephone reads it; without one its kind is null and its version 0."""
    return {
        "seat": key[0],
        "half_day": f"{key[1].isoformat()}/{key[2].value}",
        "kind": mark.kind if mark is not None else None,
        "version": mark.version if mark is not None else 0,
    }


def _read_mark(one: Any) -> Mark | None:
    try:
        when = datetime.fromisoformat(one["at"])
        found_day, part = parse_key(one["half_day"])
        seat, seen = one["seat"], one.get("seen")
        if when.tzinfo is None or when.year < _FIRST_YEAR or not isinstance(seat, int) or not 0 < seat < 2**31:
            return None
        if seen is not None and (not isinstance(seen, int) or not 0 <= seen < 2**62):
            return None
        return Mark(seat, found_day, part, MarkKind(one["kind"]), when, seen, one.get("rest") is True)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


@bp.route("/class-books/<int:id>/people/<int:seat_id>/no-marks", methods=["GET", "POST"])
@allow(HOSTS)
def no_marks(id: int, seat_id: int) -> str | Response:
    """Delete all marks of one person that were made by mistake."""
    row, form = the_class(id), ResultReasonForm()
    seat = next((one for one in queries.attendants(id) if one.id == seat_id), None) or abort(404)
    return asked(
        form,
        lambda: roll_call.take_marks_away(row, seat, ground=form.reason.data or "", actor=current_user),
        _("The marks were taken away."),
        address("book", row),
        row,
        title=_("Take the marks of %(person)s away", person=seat.employee.name),
        told=_(
            "All half-days of this person are unmarked then, as if the roll had never been called for them. "
            "Whoever just comes no longer is marked absent instead."
        ),
        submit=_("Take away"),
    )


# -- tests and scores -----------------------------------------------------------------------------------------


@bp.route("/class-books/<int:id>/scores", methods=["GET", "POST"])
@allow(HOSTS)
def scores(id: int) -> str | Response | tuple[str, int]:
    """Edit all scores in a table. The form contains what it showed: untouched scores are not written, and scores
    that another user changed meanwhile are shown first."""
    row = the_class(id)
    tests, seats = queries.tests(row.training_class), queries.attendants(id)
    typed: dict[str, str] = {}
    faults: dict[str, str] = {}
    if request.method == "POST":
        given: dict[int, dict[int, Decimal | None]] = {}
        was: dict[tuple[int, int], str] = {}
        for seat in seats:
            for test in tests:
                field = f"s-{seat.id}-{test.position}"
                showed = request.form.get(f"was-{field}")
                if request.form.get(field, showed) == showed:
                    continue
                typed[field] = request.form[field]
                if showed is not None:
                    was[seat.id, test.position] = showed
                try:
                    given.setdefault(seat.id, {})[test.position] = score_entry.read_score(typed[field])
                except ValueError as error:
                    faults[field] = str(error)
        try:
            if not faults:
                changed = score_entry.save_scores(row.training_class, given, was=was, actor=current_user)
                db.session.commit()
                flash(_("%(count)d scores saved.", count=changed), "success")
                return redirect(address("scores", row))
        except Refused as refused:
            db.session.rollback()
            faults = {fault.field: fault.message for fault in refused.faults}
            row = the_class(id)
            seats = queries.attendants(id)
        flash(_("Nothing was saved yet: please mend what is marked."), "danger")
    shown = page(
        "scores",
        row,
        tests=tests,
        seats=seats,
        scores=queries.scores(id),
        typed=typed,
        faults=faults,
        score=score_entry.shown_score,
    )
    return (shown, 422) if faults else shown


@bp.route("/class-books/<int:id>/tests", methods=["GET", "POST"])
@allow(HOSTS)
def tests(id: int) -> str | Response:
    """Edit the tests of a class and their weights."""
    row = the_class(id)
    known = [(test.name, str(test.weight)) for test in queries.tests(row.training_class)]
    faults: list[str] = []
    if request.method == "POST":
        known = list(zip(request.form.getlist("name"), request.form.getlist("weight"), strict=False))
        given = [(name, _WEIGHTS.get(weight.strip(), 0)) for name, weight in known if name.strip()]
        try:
            score_entry.save_tests(row.training_class, given, actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            faults = [fault.message for fault in refused.faults]
            row = the_class(id)
        else:
            flash(_("Saved."), "success")
            return redirect(address("scores", row))
    return page("tests", row, known=known, faults=dict.fromkeys(faults), most=score_entry.MOST_TESTS)


# -- on the page of a class -----------------------------------------------------------------------------------


@class_panels.add(30)
def class_panel(row: TrainingClass) -> Markup | str:
    """Return the link from a class's page to its book."""
    if not current_roles() & HOSTS or (opened := queries.opened(row.id, book_scope())) is None:
        return ""
    return Markup(render_template("results/_class_panel.html", opened=opened))
