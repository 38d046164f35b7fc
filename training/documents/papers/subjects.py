"""The facts of a paper on a class, a plan or a person, read from the rows as they are on the day of issue."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ...classes.models import ClassMode, ClassOption, TrainingClass
from ...core.db import db
from ...core.errors import Refused
from ...courses.models import Signature, Signer
from ...enrolments.models import Enrolment, EnrolmentState, OpenClass
from ...enrolments.seats import figures
from ...people.models import Employee, Sex
from ..models import Document, Paper
from .wording import long, number, periods, person_facts, short

LANGUAGE = "vi"  # of every paper


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject of one paper.

    Attributes:
        title: its name in lists.
        facts: the fields of its kind, without those of issuer, signer and number.
        symbol, issued_on: number and day, if another book gives them.
        host_id: the host of the class.
        option_id: the days and place that a summons names.
        signer, signature: who signed, if another book gives it; then nobody else signs the paper.
    """

    title: str
    facts: Mapping[str, Any]
    plan_id: int | None = None
    class_id: int | None = None
    enrolment_id: int | None = None
    employee_id: int | None = None
    symbol: str | None = None
    issued_on: date | None = None
    host_id: int | None = None
    option_id: int | None = None
    signer: Signer | None = None
    signature: Signature | None = None
    names: str = ""
    grounds: tuple[str, ...] = field(default=())


Gather = Callable[[int], Subject]
GATHER: dict[Paper, Gather] = {}


def gathers(kind: Paper) -> Callable[[Gather], Gather]:
    """Register the function that returns the subject of a paper of `kind` for the id of its plan, class or
    seat."""

    def register(gather: Gather) -> Gather:
        GATHER[kind] = gather
        return gather

    return register


def subject_of(kind: Paper, subject_id: int) -> Subject:
    """Return the subject of a paper of `kind` for that plan, class or seat.

    Raises:
        Refused: it does not exist, or is not ready yet.
    """
    with force_locale(LANGUAGE):
        return GATHER[kind](subject_id)


# -- classes ---------------------------------------------------------------------------------------------------


def open_class(class_id: int) -> OpenClass:
    """Return the running class.

    Raises:
        Refused: it does not run.
    """
    found = db.session.scalar(
        sa.select(OpenClass)
        .where(OpenClass.class_id == class_id, OpenClass.cancelled_at.is_(None))
        .options(
            joinedload(OpenClass.training_class).joinedload(TrainingClass.course),
            joinedload(OpenClass.training_class).joinedload(TrainingClass.host),
            joinedload(OpenClass.training_class).joinedload(TrainingClass.fund),
            joinedload(OpenClass.option).joinedload(ClassOption.place),
            joinedload(OpenClass.option).selectinload(ClassOption.sessions),
            joinedload(OpenClass.option).selectinload(ClassOption.rooms),
        )
    )
    if found is None:
        raise Refused(_("The class does not run: no paper can be issued for it."))
    return found


def seated(class_id: int) -> Sequence[Enrolment]:
    """Return who has a seat in the class, in Vietnamese order of names, with unit and position."""
    return db.session.scalars(
        sa.select(Enrolment)
        .join(Enrolment.employee)
        .where(Enrolment.class_id == class_id, Enrolment.state == EnrolmentState.ENROLLED)
        .options(
            joinedload(Enrolment.employee).joinedload(Employee.unit),
            joinedload(Enrolment.employee).joinedload(Employee.position),
        )
        .order_by(Employee.sort_key, Employee.id)
    ).all()


def runs_of(option: ClassOption) -> list[tuple[date, date]]:
    return [(run.first, run.last) for run in option.runs]


def class_facts(training_class: TrainingClass, option: ClassOption) -> dict[str, Any]:
    """Return the fields `lop.…`. The people of the class are those on its list. Offers without an answer are
    listed separately, and the money includes both, as on the fund's page."""
    count = figures.seats_of_class(training_class.id)
    runs = runs_of(option)
    host, place = training_class.host, option.place.name
    rooms = [room.name for room in option.rooms]
    house = [host.name] if host and not any(host.name in room for room in rooms) else []
    return {
        "ma": training_class.code,
        "ten": bare(training_class.name),
        "khoa": training_class.course.name,
        "nam": str(training_class.year),
        "doi_tuong": training_class.course.audience or "",
        "hinh_thuc": ClassMode(training_class.mode).label,
        "dia_diem": place,
        "noi_hoc": ", ".join([*rooms, *house, place]),
        "chu_tri": host.name if host else "",
        "lien_he": (host.phone or "") if host else "",
        "thoi_gian": periods(runs),
        "tu_ngay": short(runs[0][0]),
        "den_ngay": short(runs[-1][1]),
        "so_ngay": str(option.days),
        "so_hoc_vien": number(count.seats - count.offers),
        "cho_moi": number(count.offers) if count.offers else "",
        "tong_cho": number(count.seats),
        "nguon": training_class.fund.name,
        "mo_lop": _opening_paper(training_class),
        "kinh_phi": number(training_class.cost(count.seats)),
    }


def _opening_paper(training_class: TrainingClass) -> str:
    """Return number and day of the decision that opened the class; empty before it."""
    if training_class.opening_paper is None or training_class.opened_on is None:
        return ""
    return f"{training_class.opening_paper} {long(training_class.opened_on)}"


def bare(name: str) -> str:
    """Return the name of a class without a leading «Lớp», which the papers write themselves."""
    return name[4:] if name.startswith("Lớp ") else name


def _of_class(opened: OpenClass, facts: Mapping[str, Any], **more: Any) -> Subject:
    made = opened.training_class
    return Subject(
        title=f"{made.code} · {made.name}",
        facts={"lop": class_facts(made, opened.option), **facts},
        class_id=made.id,
        host_id=made.host_id,
        **more,
    )


def _somebody(seats: Sequence[Enrolment]) -> Sequence[Enrolment]:
    if not seats:
        raise Refused(_("Nobody has a seat in this class."))
    return seats


@gathers(Paper.OPENING_DECISION)
def _opening(class_id: int) -> Subject:
    opened = open_class(class_id)
    _somebody(seated(class_id))
    return _of_class(opened, {})


@gathers(Paper.TRAINEE_LIST)
def _trainee_list(class_id: int) -> Subject:
    opened, seats = open_class(class_id), _somebody(seated(class_id))
    return _of_class(
        opened,
        {
            "hoc_vien": [person_facts(seat.employee, n) for n, seat in enumerate(seats, start=1)],
            "tong": number(len(seats)),
            "nu": number(sum(seat.employee.sex == Sex.FEMALE for seat in seats)),
        },
    )


# -- summonses ---------------------------------------------------------------------------------------------------

DEFAULT_HOUR = "07 giờ 30"


def summonses(seats: Sequence[Enrolment], hour: str) -> list[Subject]:
    """Return a subject for each of `seats`, which are loaded with person, unit, position, class and calendar
    (`WITH_ALL`)."""
    known: dict[int, dict[str, Any]] = {}
    replaced = _replaced(seats)
    found = []
    for seat in seats:
        made = seat.training_class
        if made.id not in known:
            known[made.id] = class_facts(made, seat.option)
        found.append(
            Subject(
                title=f"{seat.employee.name} · {made.code}",
                facts={
                    "lop": known[made.id],
                    "hoc_vien": person_facts(seat.employee),
                    "gio_co_mat": hour,
                    "thay_cho": "",
                    **replaced.get(seat.id, {"di_thay": "", "di_thay_giay": ""}),
                },
                plan_id=seat.plan_id,
                class_id=made.id,
                enrolment_id=seat.id,
                employee_id=seat.employee_id,
                host_id=made.host_id,
                option_id=seat.option_id,
                names=f"{seat.employee.code} {seat.employee.name} {seat.employee.unit.name}",
            )
        )
    return found


def _replaced(seats: Sequence[Enrolment]) -> dict[int, dict[str, str]]:
    """Return, by seat, the trainee whom its person replaces, and that trainee's letter; other seats are left
    out."""
    before = {seat.instead_of_id: seat.id for seat in seats if seat.instead_of_id is not None}
    if not before:
        return {}
    rows = db.session.execute(
        sa.select(Enrolment.id, Employee.name, Document.symbol, Document.issued_on)
        .join(Enrolment.employee)
        .outerjoin(Document, sa.and_(Document.enrolment_id == Enrolment.id, Document.kind == Paper.SUMMONS))
        .where(Enrolment.id.in_(before))
        .order_by(Document.id)  # of several letters the last one is used
    )
    return {
        before[row.id]: {
            "di_thay": row.name,
            "di_thay_giay": f"{row.symbol} ngày {row.issued_on:%d/%m/%Y}" if row.symbol else "",
        }
        for row in rows
    }


WITH_ALL = (
    joinedload(Enrolment.employee).joinedload(Employee.unit),
    joinedload(Enrolment.employee).joinedload(Employee.position),
    joinedload(Enrolment.training_class).joinedload(TrainingClass.course),
    joinedload(Enrolment.training_class).joinedload(TrainingClass.host),
    joinedload(Enrolment.training_class).joinedload(TrainingClass.fund),
    joinedload(Enrolment.option).joinedload(ClassOption.place),
    joinedload(Enrolment.option).selectinload(ClassOption.sessions),
    joinedload(Enrolment.option).selectinload(ClassOption.rooms),
)


def seats_with_all(enrolment_ids: Collection[int]) -> dict[int, Enrolment]:
    """Return the seats by id with everything that a letter names."""
    statement = sa.select(Enrolment).where(Enrolment.id.in_(enrolment_ids)).options(*WITH_ALL)
    return {seat.id: seat for seat in db.session.scalars(statement)}


def hold_seat(enrolment_id: int) -> None:
    """Lock a seat until the transaction ends and read it again."""
    statement = sa.select(Enrolment).where(Enrolment.id == enrolment_id).with_for_update(read=True, of=Enrolment)
    db.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


@gathers(Paper.SUMMONS)
def _summons(enrolment_id: int) -> Subject:
    seat = seats_with_all([enrolment_id]).get(enrolment_id)
    if seat is None or seat.state != EnrolmentState.ENROLLED:
        raise Refused(_("This person has no seat any more."))
    return summonses([seat], DEFAULT_HOUR)[0]
