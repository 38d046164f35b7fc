"""Pages over training classes, and their panels on the pages of courses, hosts and funds."""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...budgets.models import Fund
from ...budgets.panels import fund_panels
from ...budgets.queries import fund_choices
from ...core.access import EVERYBODY, READERS, allow, current_roles
from ...core.crud import Catalogue, register
from ...core.i18n import day, number, today
from ...core.tables import Filter, ListColumn, named
from ...courses.models import Course, Host
from ...courses.panels import course_panels, host_panels
from ...courses.queries import course_choices, host_choices
from ...holidays.queries import in_words
from .. import operations, queries
from ..blueprint import bp
from ..calendar_texts import calendar_in_short, is_not_held
from ..calendars import on_holidays
from ..costing import costs_nothing, said_of_no_cost
from ..forms import ClassForm
from ..models import ClassMode, ClassOption, TrainingClass
from ..panels import class_panels

_SHOWN_ON_OTHER_PAGES = 30


def _prepare(form: ClassForm, row: TrainingClass | None) -> None:
    form.offer()
    if row is not None and row.cost_lines:  # computed: changed on the costs page
        del form.fixed_cost, form.seat_cost
    course_id = request.args.get("course", type=int)
    if row is None and request.method == "GET" and course_id is not None:
        course = queries.course_of(course_id)
        if course is not None:
            form.course_id.data = course.id
            form.name.data = course.name
            form.min_seats.data, form.max_seats.data = course.default_min_seats, course.default_max_seats


def _after(row: TrainingClass) -> str:
    """Redirect to the page of the class, with a message on its days that are public holidays or have passed.

    The page itself shows that it costs nothing.
    """
    begins = [run.first for option in row.options for run in option.sessions]
    if row.year < today().year:
        flash(_("The class is entered for %(year)d, a year that has passed.", year=row.year), "warning")
    elif not row.seats_taken and begins and min(begins) < today():
        flash(_("Its first day, %(day)s, has passed.", day=day(min(begins))), "warning")
    for option in row.options:
        if option.holidays:
            flash(on_holidays(option.code, option.periods), "warning")
    return url_for("classes.training_class", id=row.id)


CLASSES = Catalogue(
    key="training_class",
    plural_key="training_classes",
    singular=_l("class"),
    plural=_l("Classes"),
    path="classes",
    model=TrainingClass,
    statement=lambda scope: queries.classes(),
    columns=(
        ListColumn("code", _l("Code"), lambda c: c.code, (TrainingClass.code,)),
        ListColumn(
            "name",
            _l("Name"),
            lambda c: c.name,
            (TrainingClass.sort_key,),
            link=lambda c: url_for("classes.training_class", id=c.id),
        ),
        ListColumn(
            "course", _l("Course"), lambda c: c.course.code, (Course.sort_key, TrainingClass.code), wide_only=True
        ),
        ListColumn("year", _l("Year"), lambda c: c.year, (TrainingClass.year, TrainingClass.code), wide_only=True),
        ListColumn(
            "host",
            _l("Host"),
            lambda c: c.host.name if c.host else "",
            (Host.sort_key, TrainingClass.code),
            wide_only=True,
        ),
        ListColumn("days", _l("Days"), calendar_in_short, (queries.FIRST_DAY,)),
        ListColumn(
            "seats",
            _l("Class size"),
            lambda c: f"{number(c.min_seats)} – {number(c.max_seats)}",
            (TrainingClass.max_seats,),
            number=True,
        ),
        ListColumn(
            "taken",
            _l("Seats taken"),
            lambda c: number(c.seats_taken),
            (TrainingClass.seats_taken,),
            number=True,
            wide_only=True,
        ),
    ),
    default_sort="code",
    search=(TrainingClass.search_key, Course.search_key, named(TrainingClass.host_id, Host)),
    filters=(
        Filter("year", _l("Year"), queries.years, lambda value: TrainingClass.year == int(value)),
        Filter("course", _l("Course"), course_choices, lambda value: TrainingClass.course_id == int(value)),
        Filter("host", _l("Host"), host_choices, lambda value: TrainingClass.host_id == int(value)),
        Filter("fund", _l("Paid from"), fund_choices, lambda value: TrainingClass.fund_id == int(value)),
    ),
    form=ClassForm,
    prepare=_prepare,
    save=operations.save_training_class,
    delete=operations.delete_training_class,
    readers=EVERYBODY,
    after=_after,
    edit_template="classes/class_edit.html",
)
register(bp, CLASSES)


@bp.get("/classes/<int:id>")
@allow(EVERYBODY)
def training_class(id: int) -> str:
    row = CLASSES.load(id)
    staff = bool(READERS & current_roles())
    return render_template(
        "classes/class.html",
        training_class=row,
        mode=ClassMode(row.mode),
        where=_where,
        holidays_in_words=in_words,
        sees_money=staff,
        costs_nothing=costs_nothing,
        said_of_no_cost=said_of_no_cost,
        not_held=is_not_held(row),
        sharings=queries.sharings(row) if staff else [],
        small_rooms=_small_rooms(row) if staff else [],
        panels=class_panels.of(row),
    )


def _where(option: ClassOption) -> tuple[str, str, str]:
    """Return place, rooms, lecturers of an option, by name."""
    rooms = ", ".join(room.name for room in option.rooms)
    return option.place.name, rooms, ", ".join(lecturer.name for lecturer in option.lecturers)


def _small_rooms(row: TrainingClass) -> list[ClassOption]:
    """Return the options whose rooms together are too small; a warning only: people may sit in turns."""
    if row.mode != ClassMode.IN_PERSON:
        return []
    return [o for o in row.calendars if o.rooms and sum(room.seats for room in o.rooms) < row.max_seats]


def _table(condition: object, **narrowed: int) -> str:
    """Return the latest classes that meet `condition`, with a link to the list of all."""
    found = queries.classes_where(condition, _SHOWN_ON_OTHER_PAGES + 1)
    return render_template(
        "classes/_table.html",
        classes=found[:_SHOWN_ON_OTHER_PAGES],
        more=len(found) > _SHOWN_ON_OTHER_PAGES,
        calendar=calendar_in_short,
        narrowed=narrowed,
    )


@course_panels.add(10)
def classes_of_course(course: Course) -> str:
    return _table(TrainingClass.course_id == course.id, course=course.id)


@host_panels.add(10)
def classes_of_host(host: Host) -> str:
    return _table(TrainingClass.host_id == host.id, host=host.id)


@fund_panels.add(10)
def classes_of_fund(fund: Fund) -> str:
    return render_template(
        "classes/_fund.html",
        fund=fund,
        cost=queries.cost_of_fund(fund),
        classes=queries.classes_where(TrainingClass.fund_id == fund.id),
        calendar=calendar_in_short,
    )
