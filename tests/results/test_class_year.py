"""Roll call, scores, results, recognition, certificates, corrections: each act, and what it refuses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from tests.conftest import Province
from tests.results.conftest import Held
from training.completions.models import Completion
from training.core.access import ALL, Scope
from training.core.audit import SYSTEM, AuditEntry, utcnow
from training.core.db import db
from training.core.errors import Refused
from training.core.i18n import today
from training.enrolments.seats.outcomes import OutcomeKind, outcomes_of
from training.gaps.reports import standard_share
from training.results import corrections, feedback, operations, queries, recognition
from training.results.books import roll_call, score_entry
from training.results.books.roll_call import Mark
from training.results.certificates import registry
from training.results.models import Certificate, DayPart, FeedbackAnswer, FeedbackGiven, MarkKind, Result
from training.standards.versions import save_standard


def kinds(held: Held) -> list[str]:
    return [kind.value for kind in queries.marks(held.opened.class_id).get(held.chi.id, {}).values()]


def test_of_two_marks_the_later_made_stays_whenever_it_arrives(held: Held) -> None:
    first, now = held.half_days[0], utcnow()
    held.mark(held.chi, first, "present", now - timedelta(minutes=1))
    older = Mark(held.chi.id, first.day, first.part, MarkKind.ABSENT, now - timedelta(minutes=5))
    (told,) = roll_call.save_marks([older], actor=held.people.long)  # a sheet that says nothing of versions
    assert isinstance(told, roll_call.Conflict)  # and is told so
    assert kinds(held) == ["present"]
    held.mark(held.chi, first, "leave", now - timedelta(seconds=1))
    assert kinds(held) == ["leave"]
    held.mark(held.chi, first, "late", now + timedelta(days=300))  # a clock that is fast does not win for ever
    held.mark(held.chi, first, "present")
    assert kinds(held) == ["present"]


def test_a_mark_sent_twice_is_recorded_once(held: Held) -> None:
    first, at = held.half_days[0], utcnow() - timedelta(minutes=1)
    for _n in range(2):
        held.mark(held.chi, first, "present", at)
    entries = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.operation == "results.mark")).all()
    assert [entry.after for entry in entries] == [{f"{first.day.isoformat()}/morning present": ["NV001"]}]


def test_marks_that_cannot_be_kept_keep_no_other_from_being_kept(held: Held) -> None:
    first, now = held.half_days[0], utcnow()
    given = [
        Mark(held.chi.id, first.day, first.part, MarkKind.PRESENT, now),
        Mark(held.chi.id, first.day - timedelta(days=1), first.part, MarkKind.PRESENT, now),
        Mark(999, first.day, first.part, MarkKind.PRESENT, now),
    ]
    told = roll_call.save_marks(given, actor=held.people.long, scope=held.people.long.scope())
    assert [bool(one) for one in told] == [False, True, True]
    assert kinds(held) == ["present"]
    stranger = roll_call.save_marks(given[:1], actor=held.people.long, scope=Scope(host_ids=frozenset({999})))
    assert stranger[0]


def test_the_host_says_when_there_is_teaching(held: Held) -> None:
    usual = {(one.day, one.part) for one in held.half_days}
    last = held.half_days[-1]
    roll_call.save_half_days(held.opened, usual - {(last.day, last.part)}, actor=held.people.long)
    db.session.commit()
    assert len(held.half_days) == 3
    held.mark(held.chi, held.half_days[0])
    with pytest.raises(Refused, match="đã điểm danh"):
        roll_call.save_half_days(held.opened, {(last.day, last.part)}, actor=held.people.long)


@pytest.mark.parametrize("value", ["10.01", "-0.01", "5.555", "NaN"])
def test_no_other_scores(held: Held, value: str) -> None:
    with pytest.raises(Refused) as refused:
        score_entry.save_scores(
            held.opened.training_class, {held.chi.id: {1: Decimal(value)}}, actor=held.people.long
        )
    assert [fault.field for fault in refused.value.faults] == [f"s-{held.chi.id}-1"]


def test_results_wait_until_everybody_is_marked(held: Held) -> None:
    with pytest.raises(Refused, match="còn 8 người chưa điểm danh") as refused:
        operations.enter_results(held.opened, actor=held.people.long)
    assert len(refused.value.faults) == 4


def test_results_name_why_somebody_did_not_pass(held: Held) -> None:
    held.mark_all()
    held.mark(held.dung, held.half_days[3], "absent")
    held.score(held.chi, "9.5", "8.5")
    held.score(held.dung, "4.5")
    operations.enter_results(held.opened, without_scores=True, actor=held.people.long)
    db.session.commit()
    chi, dung = held.result(held.chi), held.result(held.dung)
    assert (chi.passed, chi.average, chi.classification) == (True, Decimal("9.00"), "excellent")
    assert not dung.passed
    assert [(one["why"], one["found"]) for one in dung.faults] == [
        ("attendance", "75.00"), ("score", "4.50"), ("no_score", None),
    ]  # fmt: skip
    assert "75" in queries.faults_told(dung)
    with pytest.raises(Refused):
        held.score(held.chi, "10")
    told = roll_call.save_marks(
        [Mark(held.chi.id, held.half_days[0].day, DayPart.MORNING, MarkKind.ABSENT, utcnow())],
        actor=held.people.long,
    )
    assert told[0]


def test_results_are_taken_back_by_a_second_person(held: Held) -> None:
    held.finish()
    with pytest.raises(Refused, match="người thứ hai"):
        operations.reopen(held.opened, ground="Nhầm", actor=held.people.long)
    operations.reopen(held.opened, ground="Chấm lại bài", actor=held.people.an)
    db.session.commit()
    held.score(held.dung, "5")
    operations.enter_results(held.opened, actor=held.people.long)
    assert held.result(held.dung).passed


def asked(province: Province) -> None:
    """Everybody of Chi's position needs the course."""
    save_standard(
        {
            "code": "TC",
            "position_id": province.position.id,
            "valid_from": date(2020, 1, 1),
            "requirements": [{"kind": "course", "course_ids": [province.basic.id]}],
        },
        actor=SYSTEM,
    )
    other = Completion(employee=province.dung, course=province.advanced, completed_on=date(2021, 1, 1))
    known = Completion(employee=province.chi, course=province.advanced, completed_on=date(2021, 1, 1))
    db.session.info["operation"] = (SYSTEM, "test")
    db.session.add_all([other, known])
    db.session.flush()
    db.session.info.pop("operation")
    db.session.commit()


def test_recognition_closes_the_gap_and_withdrawal_opens_it_again(held: Held, province: Province) -> None:
    asked(province)
    held.finish()
    need_ids = [held.chi.need_id, held.dung.need_id]
    assert standard_share(today(), ALL).meets == 0
    assert {told.kind for told in outcomes_of(need_ids).values()} == {OutcomeKind.SEATED}

    held.recognise()
    assert standard_share(today(), ALL).meets == 1
    told = outcomes_of(need_ids)
    assert (told[need_ids[0]].kind, told[need_ids[1]].kind) == (OutcomeKind.COMPLETED, OutcomeKind.FAILED)
    assert "4,00" in told[need_ids[1]].why or "4.00" in told[need_ids[1]].why

    assert registry.issue(held.opened, actor=held.people.long) == 7
    db.session.commit()
    completion = held.result(held.chi).completion
    assert completion is not None
    assert completion.certificate_number == f"0007/{today().year}/CC-TCT"  # by the name

    recognition.withdraw(held.opened, ground="Quyết định sai thẩm quyền", actor=held.people.an)
    db.session.commit()
    assert standard_share(today(), ALL).meets == 0
    assert outcomes_of(need_ids)[need_ids[0]].kind is OutcomeKind.SEATED
    rows = db.session.scalars(sa.select(Certificate).order_by(Certificate.number)).all()
    assert {row.cancel_reason for row in rows} == {"Quyết định sai thẩm quyền"}  # and all seven still stand there

    held.recognise()
    assert registry.issue(held.opened, actor=held.people.long) == 7
    db.session.commit()
    numbers = db.session.scalars(sa.select(Certificate.number).order_by(Certificate.number)).all()
    assert numbers == list(range(1, 15))


def test_a_decision_is_not_before_the_class_ended(held: Held) -> None:
    held.finish()
    with pytest.raises(Refused) as refused:
        held.recognise(held.half_days[-1].day - timedelta(days=1))
    assert [fault.field for fault in refused.value.faults] == ["decided_on"]


def test_a_correction_takes_two_people_and_everything_follows(held: Held) -> None:
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=held.people.long)
    db.session.commit()
    dung = held.result(held.dung)

    def correct(row: Result, score: str) -> None:
        made = corrections.ask(
            held.opened, row, scores={1: Decimal(score)}, marks={}, ground="Cộng nhầm điểm", actor=held.people.long
        )
        db.session.commit()
        with pytest.raises(Refused, match="Người thứ hai"):
            corrections.decide(held.opened, made, approve=True, actor=held.people.long)
        db.session.rollback()
        corrections.decide(held.opened, made, approve=True, actor=held.people.an)
        db.session.commit()

    correct(dung, "6")
    assert dung.passed
    assert dung.completion is not None
    assert registry.issue(held.opened, actor=held.people.long) == 1
    db.session.commit()
    correct(dung, "3")
    db.session.refresh(dung)
    assert not dung.passed
    assert dung.completion_id is None
    rows = db.session.scalars(sa.select(Certificate).where(Certificate.enrolment_id == held.dung.id)).all()
    assert [bool(row.cancelled_at) for row in rows] == [True]
    chi = held.result(held.chi)
    correct(chi, "10")  # passes better than the certificate says: it is cancelled, another may be issued
    assert chi.classification == "excellent"
    assert [row.id for row in registry.to_issue(held.opened.class_id)] == [chi.id]
    absent = corrections.ask(
        held.opened, chi, scores={}, marks={(held.half_days[0].day, DayPart.MORNING): MarkKind.ABSENT},
        ground="Điểm danh nhầm", actor=held.people.an,
    )  # fmt: skip
    corrections.decide(held.opened, absent, approve=True, actor=held.people.long)
    db.session.commit()
    assert [one["why"] for one in chi.faults] == ["attendance"]


def test_a_lost_certificate_is_confirmed_not_issued_again(held: Held) -> None:
    held.finish()
    held.recognise()
    registry.issue(held.opened, actor=held.people.long)
    db.session.commit()
    with pytest.raises(Refused, match="đã có chứng chỉ"):
        registry.issue(held.opened, actor=held.people.long)
    (entry,) = registry.living_entries(held.opened.class_id, held.chi.id)
    made = registry.confirm(entry, reason="Bị mất do lũ", actor=held.people.long)
    db.session.commit()
    assert (made.full_number, made.reissue_of_id) == (f"0001/{today().year}/XN-TCT", entry.id)
    with pytest.raises(Refused):
        registry.confirm(made, reason="Mất", actor=held.people.long)
    registry.cancel(entry, reason="In sai tên", actor=held.people.long)
    db.session.commit()
    assert made.cancel_reason == "In sai tên"
    completion = held.result(held.chi).completion
    assert completion is not None
    assert completion.certificate_number is None
    assert registry.issue(held.opened, actor=held.people.long) == 1


def test_feedback_is_anonymous_once_each_and_shown_from_five(held: Held) -> None:
    held.mark_all()
    points = dict.fromkeys(feedback.QUESTIONS, 4)
    for count, seat in enumerate(held.seats[:5], start=1):
        feedback.give(seat, points, f"Ý kiến {count}", actor=held.people.chi)
        db.session.commit()
        found = feedback.summary(held.opened.class_id)
        assert (found.answers, found.attended, found.shown) == (count, 8, count == 5)
        assert bool(found.comments) == (count == 5)
    with pytest.raises(Refused, match="đã trả lời"):
        feedback.give(held.chi, points, None, actor=held.people.chi)
    assert feedback.summary(held.opened.class_id).points["content"] == (Decimal(4), [0, 0, 0, 5, 0])
    # Nothing ties an answer to a person: no common column, no entry in the audit log.
    columns = {column.name for column in FeedbackAnswer.__table__.columns}
    assert columns & {column.name for column in FeedbackGiven.__table__.columns} == set()
    assert not db.session.scalar(sa.select(sa.func.count()).where(AuditEntry.operation == "results.give_feedback"))
