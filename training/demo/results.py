"""Two classes of last year's plan in the demo.

One has recognised results and certificates; the other was held and waits for its last roll call, scores and
results.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import sqlalchemy as sa

from ..accounts.models import User
from ..budgets.models import Fund
from ..classes.models import ClassOption, OptionSession, TrainingClass
from ..completions.models import Completion
from ..core.audit import SYSTEM, operation, utcnow
from ..core.db import db
from ..courses.models import Course, Host
from ..enrolments.models import Enrolment, OpenClass
from ..holidays.queries import work_calendar
from ..needs.models import Need, Priority, Round
from ..people.models import Employee
from ..planning.models import Plan, PlanState
from ..results import feedback, operations, recognition
from ..results.books import roll_call, score_entry
from ..results.books.half_days import half_days
from ..results.certificates import registry, signers
from ..results.models import CourseTest, MarkKind, ResultRule
from .accounts import HOST

_PEOPLE = 40  # of a class
_COMMENTS = (
    "Nên có thêm tình huống thực tế của xã, phường.",
    "Tài liệu phát sớm hơn sẽ tốt hơn.",
    "Giảng viên nhiệt tình, dễ hiểu.",
    "Phòng học hơi nóng buổi chiều.",
)


def declare_results(year: int) -> None:
    """Set the rule of results, and the tests of all courses: one at the end, of long courses two."""
    with operation(SYSTEM, "demo.results") as session:
        session.add(
            ResultRule(
                valid_from=date(year - 3, 1, 1),
                source="Quy chế đào tạo, bồi dưỡng: dự đủ số buổi, mỗi bài kiểm tra từ 5 điểm",
            )
        )
        for course in session.scalars(sa.select(Course).order_by(Course.id)):
            names = ["Bài kiểm tra", "Bài thu hoạch"] if course.days > 5 else ["Bài thu hoạch"]
            session.add_all(
                CourseTest(course=course, position=place, name=name, weight=place)
                for place, name in enumerate(names, start=1)
            )


def hold_last_classes(year: int, today: date) -> None:
    """Hold the last two classes of the year before the plan's, in the weeks before `today`.

    They are held by the school whose account the demo shows. One transaction of the caller.
    """
    random = Random(year)
    host = db.session.scalars(sa.select(Host).where(Host.code == HOST)).one()
    actor = db.session.scalars(sa.select(User).where(User.code == "coso")).one()
    last_round = db.session.scalars(sa.select(Round).where(Round.decided_on.is_not(None))).one()
    monday = today - timedelta(days=today.weekday())
    with operation(SYSTEM, "demo.last_classes") as session:
        fund = Fund(code=f"NS{year - 1}", name=f"Ngân sách tỉnh năm {year - 1}", year=year - 1, amount=400_000_000)
        plan = Plan(
            code=f"KH{year - 1}",
            name=f"Kế hoạch đào tạo, bồi dưỡng năm {year - 1} (các lớp cuối năm)",
            round=last_round,
            state=PlanState.PUBLISHED,
            published_at=utcnow(),
        )
        session.add_all([fund, plan])
        courses = session.scalars(
            sa.select(Course)
            .where(~Course.prerequisite_groups.any(), Course.days.between(3, 5))
            .order_by(Course.code)
            .limit(2)
        ).all()
        opened = []
        for number, (course, weeks) in enumerate(zip(courses, (5, 2), strict=False), start=1):
            first = monday - timedelta(weeks=weeks)
            opened.append(_class(plan, fund, host, course, number, first))
    for number, (row, seats) in enumerate(opened):
        finished = number == 0
        _roll_call(random, row, seats, actor, finished=finished)
        if finished:
            _finish(random, row, seats, actor, today)


def _class(
    plan: Plan, fund: Fund, host: Host, course: Course, number: int, first: date
) -> tuple[OpenClass, Sequence[Enrolment]]:
    """Create a class with people who neither completed its course nor need it this year."""
    session = db.session()
    busy = sa.union(
        sa.select(Completion.employee_id).where(Completion.course_id == course.id),
        sa.select(Need.employee_id).where(Need.course_id == course.id),
    )
    people = session.scalars(
        sa.select(Employee)
        .where(Employee.active, Employee.id.not_in(busy))
        .order_by(Employee.code.desc())
        .offset((number - 1) * _PEOPLE)
        .limit(_PEOPLE)
    ).all()
    option = ClassOption(
        code=f"C{plan.code[2:]}-{number}-a",
        place=host.place,
        sessions=[OptionSession(first=first, last=first + timedelta(days=course.days - 1))],
    )
    made = TrainingClass(
        code=f"C{plan.code[2:]}-{number}",
        name=f"{course.name}, lớp cuối năm {plan.code[2:]}",
        year=int(plan.code[2:]),
        course=course,
        host=host,
        fund=fund,
        min_seats=10,
        max_seats=_PEOPLE,
        fixed_cost=30_000_000,
        seat_cost=450_000,
        options=[option],
    )
    opened = OpenClass(plan=plan, training_class=made, option=option)
    seats = [
        Enrolment(
            plan=plan,
            need=Need(round=plan.round, employee=person, course=course, priority=Priority.STANDARD),
            employee=person,
            training_class=made,
            option=option,
        )
        for person in people
    ]
    session.add_all([made, opened, *seats])
    return opened, seats


def _roll_call(
    random: Random, opened: OpenClass, seats: Sequence[Enrolment], actor: User, *, finished: bool
) -> None:
    """Nearly everybody attended; in the unfinished class the last half-day is still to be marked."""
    held = [one for one in half_days(opened.option.periods, calendar=work_calendar()) if one.held]
    late = {seat.id for seat in random.sample(list(seats), min(4, len(seats)))}
    away = {seat.id for seat in random.sample(list(seats), min(2, len(seats)))}
    marks = []
    for place, one in enumerate(held if finished else held[:-1]):
        for seat in seats:
            kind = MarkKind.PRESENT
            if seat.id in away and place == 1:
                kind = MarkKind.LEAVE
            elif seat.id in late and place == 0:
                kind = MarkKind.LATE
            marks.append(roll_call.Mark(seat.id, one.day, one.part, kind, utcnow()))
    roll_call.save_marks(marks, actor=actor)


def _finish(random: Random, opened: OpenClass, seats: Sequence[Enrolment], actor: User, today: date) -> None:
    """Enter scores, results, recognition, certificates, and some feedback."""
    given = {seat.id: {1: Decimal(random.choice((45, 60, 65, 70, 75, 80, 85, 90, 95))) / 10} for seat in seats}
    score_entry.save_scores(opened.training_class, given, actor=actor)
    operations.enter_results(opened, actor=actor)
    recognition.recognise(
        opened,
        {
            "number": "215/QĐ-TCT",
            "decided_on": today - timedelta(days=7),
            "signer_id": signers.signers_for(opened.training_class)[0].id,
        },
        actor=actor,
    )
    registry.issue(opened, actor=actor)
    for number, seat in enumerate(seats[:12]):
        points = {name: random.choice((3, 4, 4, 5, 5)) for name in feedback.QUESTIONS}
        feedback.give(seat, points, _COMMENTS[number] if number < len(_COMMENTS) else None, actor=actor)
