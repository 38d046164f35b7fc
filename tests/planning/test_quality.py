"""What is said of a result is what is proven of it, and two results are told apart only where they can be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from tests.conftest import People, login
from tests.planning.conftest import Planned
from training.core.db import db
from training.planning import operations
from training.planning.models import OptimizerRun, Plan

Optimise = Callable[[Plan], OptimizerRun]


def _set(run: OptimizerRun, **values: object) -> None:
    db.session.execute(
        sa.update(OptimizerRun)
        .where(OptimizerRun.id == run.id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()
    db.session.expire_all()


@pytest.mark.parametrize(
    ("status", "gap", "style", "words"),
    [
        ("OPTIMAL", 0.0, "success", "Đã chứng minh là tốt nhất"),
        ("FEASIBLE", 0.005, "success", "Gần mức tốt nhất"),
        ("FEASIBLE", 0.006, "warning", "Có thể còn cải thiện được"),
        ("FEASIBLE", 0.02, "warning", "Có thể còn cải thiện được"),
        ("FEASIBLE", 0.021, "danger", "Chưa tối ưu đủ"),
        ("FEASIBLE", 0.12, "danger", "Chưa tối ưu đủ"),
        ("STOPPED", 0.12, "danger", "Chưa tối ưu đủ"),
        ("FEASIBLE", None, "warning", "Chưa rõ chất lượng"),
    ],
)
def test_the_banner_says_how_good_the_result_is(
    client: FlaskClient,
    planned: Planned,
    people: People,
    optimise: Optimise,
    status: str,
    gap: float | None,
    style: str,
    words: str,
) -> None:
    run = optimise(planned.plan)
    _set(run, status=status, gap=gap)
    login(client, people.an)
    banner = client.get(f"/runs/{run.id}").text.split('role="status"')[0].rpartition("<div")[2]
    page = client.get(f"/runs/{run.id}").text
    assert f"alert-{style}" in banner
    assert f"<strong>{words}." in page
    assert "chênh lệch không quá" in page, "by which limits it is called so"


def test_the_same_plan_is_not_taken_for_the_same_scenario(
    client: FlaskClient, planned: Planned, people: People, optimise: Optimise
) -> None:
    first = optimise(planned.plan)
    other = operations.save_plan(
        {"code": "KH2", "name": "Phương án 2", "round_id": planned.plan.round_id, "floor_percent": 95},
        actor=people.an,
    )
    db.session.commit()
    second = optimise(other)
    login(client, people.an)
    address = f"/runs/{first.id}/compare?with={second.id}"
    page = client.get(address).text
    assert "Hai kết quả là cùng một phương án" in page
    assert "đúng là dẫn đến cùng một phương án" in page
    assert "dữ liệu đã thay đổi" not in page
    for run in (first, second):
        _set(run, status="FEASIBLE", bound=(run.score or 0) + 100, gap=0.1)
    page = client.get(address).text
    assert "chưa được tối ưu đủ để phân biệt" in page
    assert "alert-warning" in page


def test_a_difference_within_the_gap_decides_nothing(
    client: FlaskClient, planned: Planned, people: People, optimise: Optimise
) -> None:
    first = optimise(planned.plan)
    second = optimise(planned.plan)
    _set(second, solution=None, status="FEASIBLE", score=(first.score or 0) - 10, bound=first.bound, gap=0.01)
    login(client, people.an)
    address = f"/runs/{first.id}/compare?with={second.id}"
    _set(first, status="FEASIBLE", bound=(first.score or 0) + 500, gap=0.5)
    _set(second, bound=(first.score or 0) + 500)
    assert "Chưa tối ưu đủ để nói phương án nào tốt hơn" in client.get(address).text
    _set(second, bound=(first.score or 0) - 5)
    assert "là thật" in client.get(address).text
