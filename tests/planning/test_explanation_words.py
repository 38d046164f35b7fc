"""An answer in words: every rule has its sentence, and of other people each reader learns only what they may."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from solver.rules.base import Rule
from solver.rules.table import RULES
from tests.conftest import People, Province
from tests.planning.conftest import Planned
from training.core.audit import SYSTEM, operation, utcnow
from training.core.chunked_jobs import WorkState
from training.core.db import db
from training.planning.explanations.answer import Answer, answer
from training.planning.models import OptimizerRun, Plan, RunExplanation, RunStatus
from training.planning.rule_texts import text_of
from training.planning.snapshot import need_name

LISTED = [["2027-03-03", "2027-03-05"]]


def _change(kind: str, *amendments: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One change as the optimizer writes it."""
    told: dict[str, Any] = {"kind": kind, "option": "L001-a", "points": 100, "own": 100, "rest": 0, "exact": True}
    return told | {"amendments": [{"amount": 1, **one} for one in amendments]} | more


def _kept(plan: Plan, need_id: int, findings: dict[str, Any]) -> RunExplanation:
    run = OptimizerRun(plan_id=plan.id, status=RunStatus.OPTIMAL, requested_by="an", requested_at=utcnow())
    with operation(SYSTEM, "test.run") as session:
        session.add(run)
    row = RunExplanation(run_id=run.id, need_id=need_id, state=WorkState.READY, findings=findings)
    with operation(SYSTEM, "test.explanation") as session:
        session.add(row)
    db.session.commit()
    return row


def _steps(found: Answer) -> list[str]:
    return [step for one in found.remedies for step in one.steps]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_whatever_keeps_somebody_out_has_its_sentence_and_its_remedy(app: Flask, rule: Rule) -> None:
    changes = type(rule).smallest_change is not Rule.smallest_change
    told = [text_of(rule.name), text_of(f"{rule.name}.busy")]
    if changes:
        assert any(text.remedy for text in told), f"{rule.name}: add its remedy to rule_texts"
    if changes or type(rule).obstacles is not Rule.obstacles:
        assert any(text.obstacle for text in told), f"{rule.name}: add its obstacle to rule_texts"


@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_kind_of_change_is_told_with_its_figures(
    app: Flask, province: Province, people: People, planned: Planned, language: str
) -> None:
    findings = {
        "changes": [
            _change("size", {"rule": "size", "where": "L001", "before": 42, "after": 43}),
            _change("budget", {"rule": "budget", "where": province.fund.code, "amount": 8_400_000}),
            _change("absence", {"rule": "absence", "where": "XA2", "before": 5, "after": 6, "days": LISTED}),
            _change("quota", {"rule": "quota", "where": "L001", "before": 4, "after": 7, "other": "0"}),
            _change("reserve", {"rule": "reserve", "where": "L001", "before": 9, "after": 8, "other": "0"}),
            _change("load", {"rule": "load", "where": "NV002", "before": 10, "after": 15}),
            _change("clash.busy", {"rule": "clash", "side": "busy", "where": "NV002", "days": LISTED}),
            _change("prerequisite", {"rule": "prerequisite", "where": "NV002", "other": "CVC"}),
            _change("ban", {"rule": "ban", "where": "n1", "other": "L001"}),
            _change("apart", {"rule": "apart", "where": "apart[0]", "before": 1, "after": 2}),
            _change("together", {"rule": "together", "where": "together[0]", "other": "n1"}),
            _change("resource", {"rule": "resource", "where": "L001-a", "other": "room:H1", "days": LISTED}),
            _change(
                "run",
                {"rule": "size", "side": "minimum", "where": "L001", "before": 15, "after": 12},
                opens=["L001-a"],
                closes=["L002-a"],
            ),
        ],
        "left_out": ["chain"],
    }
    row = _kept(planned.plan, planned.dung_basic.id, findings)
    with app.test_request_context(), force_locale(language):
        found = answer(row, named=True)
    steps = _steps(found)
    assert len(set(steps)) == 15
    assert not [step for step in steps if "%(" in step or "None" in step or "–" in step]
    if language == "vi":
        assert steps[0] == "Lớp L001 nhận 43 người, thay vì 42."
        assert steps[1] == "Nguồn Ngân sách tỉnh có thêm 8.400.000\u00a0đ."
        assert steps[2] == (
            "Đơn vị Phường Cẩm Phả cho 6 người cùng đi học từ ngày 03/03/2027 đến ngày 05/03/2027, thay vì 5."
        )
        assert "Hoàn thành “Quản lý nhà nước ngạch chuyên viên chính” trước khi lớp khai giảng." in steps
        assert steps[-2:] == ["Mở lớp L001.", "Không mở lớp L002."]
        assert found.left_out == ("người khác đổi lớp mà không ai mất chỗ",)


def test_other_people_are_named_to_planners_and_counted_to_all(
    app: Flask, province: Province, people: People, planned: Planned
) -> None:
    """Chi moves with her other need, Dũng loses a seat: as a planner reads it, and as everybody else does."""
    chi = need_name(planned.chi_basic.id, "NV001", "CV")
    dung = need_name(planned.dung_basic.id, "NV002", "CV")
    moves = [{"need": chi, "before": "L001-a", "after": "L002-a"}, {"need": dung, "before": "L001-a"}]
    findings = {
        "changes": [_change("exchange", moves=moves, rest=-50, exact=False), _change("chain", moves=moves[:1])],
        "candidates": [
            {
                "class": "L001",
                "option": "L001-a",
                "runs": True,
                "points": 10,
                "obstacles": [{"rule": "apart", "class": "L001", "option": "L001-a", "needs": [chi, dung]}],
            }
        ],
    }
    row = _kept(planned.plan, planned.chi_advanced.id, findings)
    said = {}
    with app.test_request_context():
        for named in (True, False):
            found = answer(row, named=named)
            assert [one.lost for one in found.remedies] == [0, 1], "what costs nobody a seat comes first"
            said[named] = (found.remedies[1].steps, found.remedies[1].others, found.classes[0].sentences[0])
    assert said[True][0] == said[False][0]
    assert said[True][0] == ("Người khác nhường chỗ.", "Người này đổi lớp ở chương trình khác.")
    assert said[True][1] == (
        "Mất chỗ: Lê Văn Dũng (NV002), L001.",
        "Chuyển lớp, vẫn có chỗ: người này, L001 → L002.",
    )
    assert said[False][1] == ("Mất chỗ: 1 người.", "Chuyển lớp, vẫn có chỗ: người này, L001 → L002.")
    assert "Lê Văn Dũng (NV002)" in said[True][2]
    assert said[False][2]
    assert "NV00" not in str(said[False])


def test_what_two_kinds_come_to_alike_is_told_once(app: Flask, people: People, planned: Planned) -> None:
    opens = {"opens": ["L001-a"], "moves": []}
    row = _kept(
        planned.plan, planned.dung_basic.id, {"changes": [_change("run", **opens), _change("exchange", **opens)]}
    )
    with app.test_request_context():
        assert [one.steps for one in answer(row, named=True).remedies] == [("Mở lớp L001.",)]


def test_a_class_that_does_not_run_says_what_it_lacks(
    app: Flask, province: Province, people: People, planned: Planned
) -> None:
    where = {"class": "L001", "option": "L001-a"}
    findings = {
        "candidates": [
            {
                **where,
                "runs": False,
                "points": 10,
                "obstacles": [
                    {"rule": "not-run", **where},
                    {"rule": "budget", "fund": province.fund.code, "missing": 2_000_000, **where},
                    {"rule": "size", "side": "minimum", "limit": 15, "taken": 3, **where},
                    {"rule": "resource", "resource": "room:H1", "other": "L002", "days": LISTED[0], **where},
                ],
            },
            {"class": "L002", "option": "L002-a", "runs": True, "points": -5},
        ],
    }
    row = _kept(planned.plan, planned.dung_basic.id, findings)
    with app.test_request_context():
        first, second = answer(row, named=True).classes
    assert "Nguồn Ngân sách tỉnh thiếu 2.000.000\u00a0đ để mở lớp ở quy mô nhỏ nhất." in first.sentences
    assert "Cần ít nhất 15 người; trong số chưa có chỗ, nhiều nhất 3 người có thể đến." in first.sentences
    assert any("đã dùng cho lớp L002 từ ngày 03/03/2027 đến ngày 05/03/2027." in one for one in first.sentences)
    assert len(first.sentences) == 4
    assert second.sentences != ()
