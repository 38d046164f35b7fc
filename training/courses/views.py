"""Pages over courses, equivalences, hosts, rooms and lecturers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ..core.access import CATALOGUE_EDITORS, EVERYBODY, STAFF, allow, current_roles
from ..core.crud import Catalogue, register
from ..core.forms import choices_of
from ..core.i18n import number
from ..core.tables import Filter, ListColumn, named
from ..people.models import Place
from ..people.queries import place_choices
from . import operations, queries
from .forms import CourseForm, EquivalenceForm, HostForm, LecturerForm, RoomForm
from .models import Course, CourseEquivalence, CourseKind, Host, Lecturer, Room
from .panels import course_panels, host_panels

bp = Blueprint("courses", __name__)


_KIND_ORDER = sa.case({kind.value: place for place, kind in enumerate(CourseKind)}, value=Course.kind)


def _edit_address(endpoint: str, row: Any) -> str | None:
    """Return the address of a row's edit page, for those who may edit."""
    return url_for(endpoint, id=row.id) if current_roles() & CATALOGUE_EDITORS else None


def _host_filter(column: Any) -> Filter:
    return Filter("host", _l("Host"), queries.host_choices, lambda value: column == int(value))


# -- courses --------------------------------------------------------------------------------------------------


def _prepare_course(form: CourseForm, row: Course | None) -> None:
    form.kind.offer(choices_of(CourseKind))
    form.course_choices = [(i, name) for i, name in queries.course_choices() if row is None or i != row.id]
    form.prepare_rows()


COURSES = Catalogue(
    key="course",
    plural_key="courses",
    singular=_l("course"),
    plural=_l("Courses"),
    path="courses",
    model=Course,
    statement=lambda scope: queries.whole_course(),
    columns=(
        ListColumn("code", _l("Code"), lambda c: c.code, (Course.code,)),
        ListColumn(
            "name",
            _l("Name"),
            lambda c: c.name,
            (Course.sort_key,),
            link=lambda c: url_for("courses.course", id=c.id),
        ),
        ListColumn("kind", _l("Kind"), lambda c: CourseKind(c.kind).label, (_KIND_ORDER, Course.sort_key)),
        ListColumn("days", _l("Days"), lambda c: number(c.days), (Course.days,), number=True),
        ListColumn(
            "prerequisites",
            _l("Prerequisites"),
            lambda c: "; ".join(str(group) for group in c.prerequisite_groups),
            wide_only=True,
        ),
        ListColumn("active", _l("Still taught"), lambda c: _("Yes") if c.active else _("No"), (Course.active,)),
    ),
    search=Course.search_key,
    filters=(
        Filter("kind", _l("Kind"), lambda: choices_of(CourseKind), lambda value: Course.kind == value),
        Filter(
            "active",
            _l("Still taught"),
            lambda: [("yes", _("Yes")), ("no", _("No"))],
            lambda value: Course.active == (value == "yes"),
        ),
    ),
    form=CourseForm,
    prepare=_prepare_course,
    save=operations.save_course,
    delete=operations.delete_course,
    readers=EVERYBODY,
    after=lambda course: url_for("courses.course", id=course.id),
    edit_template="courses/course_edit.html",
)
register(bp, COURSES)


@bp.get("/courses/<int:id>")
@allow(EVERYBODY)
def course(id: int) -> str:
    row = COURSES.load(id)
    instead, stands_for = queries.equivalences_of(id)
    return render_template(
        "courses/course.html",
        course=row,
        kind=CourseKind(row.kind),
        required_by=queries.required_by(id),
        instead=instead,
        stands_for=stands_for,
        panels=course_panels.of(row),
    )


# -- equivalences ---------------------------------------------------------------------------------------------


def _prepare_equivalence(form: EquivalenceForm, _row: CourseEquivalence | None) -> None:
    choices = queries.course_choices()
    form.course_id.offer(choices)
    form.substitute_id.offer(choices)


register(
    bp,
    Catalogue(
        key="equivalence",
        plural_key="equivalences",
        singular=_l("equivalence"),
        plural=_l("Equivalences"),
        path="equivalences",
        model=CourseEquivalence,
        statement=lambda scope: queries.equivalences(),
        columns=(
            ListColumn(
                "course",
                _l("Course asked for"),
                lambda e: e.course.name,
                (queries.ASKED.sort_key, queries.SUBSTITUTE.sort_key),
                link=lambda e: _edit_address("courses.equivalence_edit", e),
            ),
            ListColumn(
                "substitute",
                _l("Course that stands in for it"),
                lambda e: e.substitute.name,
                (queries.SUBSTITUTE.sort_key, queries.ASKED.sort_key),
            ),
            ListColumn("ground", _l("Legal ground"), lambda e: e.ground, wide_only=True),
        ),
        default_sort="course",
        search=(queries.ASKED.search_key, queries.SUBSTITUTE.search_key),
        form=EquivalenceForm,
        prepare=_prepare_equivalence,
        save=operations.save_course_equivalence,
        delete=operations.delete_course_equivalence,
        readers=EVERYBODY,
    ),
)


# -- hosts, rooms, lecturers ----------------------------------------------------------------------------------

HOSTS = Catalogue(
    key="host",
    plural_key="hosts",
    singular=_l("host"),
    plural=_l("Hosts"),
    path="hosts",
    model=Host,
    statement=lambda scope: queries.hosts(),
    columns=(
        ListColumn("code", _l("Code"), lambda h: h.code, (Host.code,)),
        ListColumn(
            "name", _l("Name"), lambda h: h.name, (Host.sort_key,), link=lambda h: url_for("courses.host", id=h.id)
        ),
        ListColumn("place", _l("Place"), lambda h: h.place.name, (Place.sort_key,)),
        ListColumn("phone", _l("Phone"), lambda h: h.phone, wide_only=True),
    ),
    search=(Host.search_key, named(Host.place_id, Place)),
    filters=(Filter("place", _l("Place"), place_choices, lambda value: Host.place_id == int(value)),),
    form=HostForm,
    prepare=lambda form, row: form.place_id.offer(place_choices()),
    save=operations.save_host,
    delete=operations.delete_host,
    readers=EVERYBODY,
    after=lambda host: url_for("courses.host", id=host.id),
)
register(bp, HOSTS)


@bp.get("/hosts/<int:id>")
@allow(EVERYBODY)
def host(id: int) -> str:
    row = HOSTS.load(id)
    return render_template(
        "courses/host.html",
        host=row,
        rooms=queries.rooms_of(id),
        lecturers=queries.lecturers_of(id),
        panels=host_panels.of(row),
    )


register(
    bp,
    Catalogue(
        key="room",
        plural_key="rooms",
        singular=_l("room"),
        plural=_l("Rooms"),
        path="rooms",
        model=Room,
        statement=lambda scope: queries.rooms(),
        columns=(
            ListColumn("code", _l("Code"), lambda r: r.code, (Room.code,)),
            ListColumn(
                "name",
                _l("Name"),
                lambda r: r.name,
                (Room.sort_key,),
                link=lambda r: _edit_address("courses.room_edit", r),
            ),
            ListColumn(
                "host",
                _l("Host"),
                lambda r: r.host.name,
                (Host.sort_key, Room.sort_key),
                link=lambda r: url_for("courses.host", id=r.host_id),
            ),
            ListColumn("seats", _l("Room for"), lambda r: number(r.seats), (Room.seats,), number=True),
        ),
        search=(Room.search_key, Host.search_key),
        filters=(_host_filter(Room.host_id),),
        form=RoomForm,
        prepare=lambda form, row: form.host_id.offer(queries.host_choices()),
        save=operations.save_room,
        delete=operations.delete_room,
        readers=STAFF,
    ),
)

register(
    bp,
    Catalogue(
        key="lecturer",
        plural_key="lecturers",
        singular=_l("lecturer"),
        plural=_l("Lecturers"),
        path="lecturers",
        model=Lecturer,
        statement=lambda scope: queries.lecturers(),
        columns=(
            ListColumn("code", _l("Code"), lambda t: t.code, (Lecturer.code,)),
            ListColumn(
                "name",
                _l("Full name"),
                lambda t: t.name,
                (Lecturer.sort_key,),
                link=lambda t: _edit_address("courses.lecturer_edit", t),
            ),
            ListColumn("title", _l("Academic title"), lambda t: t.title, wide_only=True),
            ListColumn(
                "host",
                _l("Host"),
                lambda t: t.host.name if t.host else "",
                (Host.sort_key, Lecturer.sort_key),
                link=lambda t: url_for("courses.host", id=t.host_id) if t.host_id else None,
            ),
            ListColumn("phone", _l("Phone"), lambda t: t.phone, wide_only=True),
        ),
        search=(Lecturer.search_key, named(Lecturer.host_id, Host)),
        filters=(_host_filter(Lecturer.host_id),),
        form=LecturerForm,
        prepare=lambda form, row: form.host_id.offer(queries.host_choices()),
        save=operations.save_lecturer,
        delete=operations.delete_lecturer,
        readers=STAFF,
    ),
)
