"""Registering needs: what is refused, in whose name, and that all or nothing is written."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import People, Province
from training.completions.models import Completion
from training.core.access import ALL, Scope
from training.core.audit import SYSTEM, AuditEntry, operation
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.courses.models import Course
from training.needs.models import Need, NeedState, Priority
from training.needs.registering import ManyRefused, close_round, register_many, save_need, withdraw
from training.people.models import Employee


def _values(p: Province, **changes: Any) -> dict[str, Any]:
    return {
        "round_id": p.round.id,
        "employee_id": p.chi.id,
        "course_id": p.basic.id,
        "priority": Priority.STANDARD,
        **changes,
    }


def _change(row: Any, **values: Any) -> None:
    with operation(SYSTEM, "test.change"):
        for key, value in values.items():
            setattr(row, key, value)
    db.session.commit()


def _count() -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(Need)) or 0


def test_a_need_is_registered_and_recorded(province: Province, people: People) -> None:
    need = save_need(_values(province, note="  cần  gấp "), actor=people.binh, scope=people.binh.scope())
    db.session.commit()
    assert (need.state, need.note, need.priority) == (NeedState.REGISTERED, "cần gấp", Priority.STANDARD)
    entry = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.entity == "need")).one()
    assert (entry.operation, entry.actor_id, entry.before) == ("needs.register", people.binh.id, None)
    assert entry.after is not None
    assert entry.after["employee_id"] == province.chi.id


def test_nobody_registers_for_people_of_another_unit(province: Province, people: People) -> None:
    with pytest.raises(Refused) as told:
        save_need(_values(province, employee_id=province.dung.id), actor=people.binh, scope=people.binh.scope())
    assert [fault.field for fault in told.value.faults] == ["employee_id"]
    assert _count() == 0


def test_to_be_oneself_gives_no_right_to_register(province: Province) -> None:
    themself = Scope(employee_id=province.chi.id)
    with pytest.raises(Refused):
        save_need(_values(province), actor=SYSTEM, scope=themself)


@pytest.mark.parametrize(
    ("opens", "closes", "refused"), [(0, 0, False), (1, 5, True), (-5, -1, True), (-5, 0, False), (0, 5, False)]
)
def test_the_round_is_open_on_its_first_and_last_day_and_not_beyond(
    province: Province, opens: int, closes: int, refused: bool
) -> None:
    day = today()
    _change(province.round, opens_on=day + timedelta(days=opens), closes_on=day + timedelta(days=closes))
    if refused:
        with pytest.raises(Refused) as told:
            save_need(_values(province), actor=SYSTEM)
        assert [fault.field for fault in told.value.faults] == ["round_id"]
    else:
        assert save_need(_values(province), actor=SYSTEM).state == NeedState.REGISTERED


def test_a_planner_too_must_reopen_a_closed_round_first(province: Province, people: People) -> None:
    close_round(province.round, actor=people.an)
    db.session.commit()
    with pytest.raises(Refused):
        save_need(_values(province), actor=people.an, scope=people.an.scope())


def test_all_faults_are_told_at_once(province: Province) -> None:
    _change(province.chi, active=False)
    _change(province.basic, active=False)
    with pytest.raises(Refused) as told:
        save_need(_values(province, priority=9, note="x" * 401), actor=SYSTEM)
    assert {f.field for f in told.value.faults} == {"employee_id", "course_id", "priority", "note"}


def test_values_that_point_nowhere_are_refused(province: Province) -> None:
    with pytest.raises(Refused) as told:
        save_need({"round_id": 999, "course_id": 999, "employee_id": None}, actor=SYSTEM)
    assert {f.field for f in told.value.faults} == {"round_id", "employee_id", "course_id", "priority"}


def test_a_completed_course_needs_a_reason_in_the_note(province: Province) -> None:
    with operation(SYSTEM, "test.completion"):
        for day in (date(2015, 5, 6), date(2019, 5, 6)):
            db.session.add(Completion(employee=province.chi, course=province.basic, completed_on=day))
    db.session.commit()
    with pytest.raises(Refused) as told:
        save_need(_values(province), actor=SYSTEM)
    assert "06/05/2019" in told.value.faults[0].message
    need = save_need(_values(province, note="Chứng chỉ hết hạn"), actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused):
        save_need({"note": None}, actor=SYSTEM, row=need)


def test_a_need_is_registered_once_in_a_round(province: Province) -> None:
    save_need(_values(province), actor=SYSTEM)
    db.session.commit()
    with pytest.raises(Refused) as told:
        save_need(_values(province), actor=SYSTEM)
    assert told.value.faults[0].field == "course_id"
    assert _count() == 1


def test_registering_a_withdrawn_need_revives_it(province: Province) -> None:
    need = save_need(_values(province, note="cũ"), actor=SYSTEM)
    db.session.commit()
    withdraw([need], actor=SYSTEM, scope=ALL)
    db.session.commit()
    again = save_need(_values(province, priority=Priority.MANDATORY, note=None), actor=SYSTEM)
    db.session.commit()
    assert again.id == need.id
    assert (again.state, again.priority, again.note) == (NeedState.REGISTERED, Priority.MANDATORY, None)


def test_saving_what_is_stored_already_asks_nothing(province: Province, people: People) -> None:
    need = save_need(_values(province), actor=SYSTEM)
    db.session.commit()
    close_round(province.round, actor=people.an)
    _change(province.chi, active=False)
    version = need.version
    assert save_need(_values(province), actor=SYSTEM, row=need).version == version


def _more_people(p: Province, number: int) -> list[Employee]:
    with operation(SYSTEM, "test.people"):
        made = [Employee(code=f"E{n}", name=f"Ngô Văn {n}", unit=p.commune_x) for n in range(number)]
        db.session.add_all(made)
    db.session.commit()
    return made


def test_many_are_registered_with_one_call(province: Province, people: People) -> None:
    ids = [person.id for person in _more_people(province, 7)]
    made = register_many(
        province.round,
        [*ids, ids[0]],
        province.basic.id,
        Priority.WISH,
        actor=people.binh,
        scope=people.binh.scope(),
    )
    db.session.commit()
    assert [need.employee_id for need in made] == ids
    assert _count() == 7


def test_of_many_each_refusal_is_named_and_none_is_written(province: Province, people: People) -> None:
    first, left, done, ok = _more_people(province, 4)
    save_need(_values(province, employee_id=first.id), actor=SYSTEM)
    with operation(SYSTEM, "test.change"):
        left.active = False
        db.session.add(Completion(employee=done, course=province.basic, completed_on=date(2019, 5, 6)))
    db.session.commit()
    wanted = [first.id, left.id, done.id, ok.id, province.dung.id, 999]
    with pytest.raises(ManyRefused) as told:
        register_many(
            province.round, wanted, province.basic.id, Priority.WISH, actor=people.binh, scope=people.binh.scope()
        )
    assert set(told.value.by_id) == set(wanted) - {ok.id}
    texts = [fault.message for fault in told.value.faults]
    assert any(text.startswith("Ngô Văn 1 (E1): ") for text in texts)
    assert not any("Dũng" in text for text in texts), "nobody learns names of other units"
    db.session.commit()
    assert _count() == 1


def test_what_is_wrong_for_all_is_told_once(province: Province, people: People) -> None:
    ids = [person.id for person in _more_people(province, 3)]
    _change(province.round, closes_on=today() - timedelta(days=1))
    with pytest.raises(Refused) as told:
        register_many(province.round, ids, province.basic.id, 2, actor=SYSTEM, scope=ALL)
    assert len(told.value.faults) == 1
    with pytest.raises(Refused):
        register_many(province.round, [], province.basic.id, 2, actor=SYSTEM, scope=ALL)


def test_a_bulk_of_needs_asks_the_database_few_questions(province: Province) -> None:
    people = _more_people(province, 60)
    ids = [(person.id, course) for person in people for course in (province.basic.id, province.advanced.id)]
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        with operation(SYSTEM, "test.bulk"):
            for employee_id, course_id in ids:
                save_need(_values(province, employee_id=employee_id, course_id=course_id), actor=SYSTEM)
            with pytest.raises(Refused):  # known although nothing has been flushed yet
                save_need(_values(province, employee_id=people[0].id), actor=SYSTEM)
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert len(statements) < 20
    db.session.commit()
    assert _count() == 120


def test_two_who_register_the_same_at_once_end_with_one_need(province: Province) -> None:
    """The second writer passes the rules before the first commits; the database then lets one through."""
    pair = {"round_id": province.round.id, "employee_id": province.chi.id, "course_id": province.basic.id}

    def somebody_is_quicker(*_context: object) -> None:
        with db.engine.begin() as connection:
            connection.execute(sa.insert(Need).values(**pair, priority=1, state="registered", version=1))

    sa.event.listen(db.session(), "before_flush", somebody_is_quicker, once=True)
    with pytest.raises(Refused):
        save_need({**pair, "priority": 2}, actor=SYSTEM)
    assert _count() == 1


def test_a_round_cannot_be_closed_under_somebody_who_is_registering(province: Province) -> None:
    course = db.session.get_one(Course, province.basic.id)
    save_need(_values(province, course_id=course.id), actor=SYSTEM)
    other = sa.orm.Session(db.engine)
    other.execute(sa.text("SET lock_timeout = '50ms'"))
    with pytest.raises(sa.exc.OperationalError):
        other.execute(sa.text("UPDATE round SET closed_at = now()"))
    other.rollback()
    db.session.commit()
    other.execute(sa.text("UPDATE round SET closed_at = now()"))
    other.rollback()
    other.close()
