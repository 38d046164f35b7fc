"""Summary of the published plan of the demo province."""

from __future__ import annotations

import resource

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from ..core.db import db
from ..core.i18n import money, number, percent
from ..enrolments.publishing.announcements import key_of
from ..messages.queries import told
from ..planning.models import OptimizerRun, Plan, PlanState, RunStatus
from ..planning.rules.reasons import reason_label


def print_summary(console: Console, *, seconds: float) -> None:
    """Print needs, seats, reasons, classes, money, people notified, score, bound, gap, seconds, memory.

    Args:
        seconds: the total time.
    """
    run = db.session.scalar(
        sa.select(OptimizerRun)
        .join(Plan, Plan.published_run_id == OptimizerRun.id)
        .where(Plan.state == PlanState.PUBLISHED)
        .order_by(Plan.published_at.desc())
    )
    if run is None:
        console.print("Chưa có kế hoạch nào được công bố.")
        return
    s = run.summary
    table = Table(title=str(run.plan), show_header=False, title_justify="left")
    table.add_column()
    table.add_column(justify="right")
    table.add_row("Nhu cầu", f"{number(s['needs'])} lượt, {number(s['people'])} người")
    table.add_row("Được xếp lớp", f"{number(s['seats'])} lượt, {number(s['people_seated'])} người")
    for code, count in s["unmet"].items():
        table.add_row(f"  chưa xếp: {reason_label(code)}", f"{number(count['needs'])} lượt")
    table.add_row("Lớp mở", f"{number(s['running'])} trong {number(s['classes'])}")
    for fund in s["funds"]:
        table.add_row(f"  nguồn {fund['code']}", f"{money(fund['planned'])} / {money(fund['budget'])}")
    table.add_row("Đã được báo", f"{number(told(*key_of(run.plan)))} người")
    table.add_row("Trạng thái", RunStatus(run.status).label)
    table.add_row("Điểm", number(run.score))
    table.add_row("Cận trên đã chứng minh", number(run.bound))
    table.add_row("Khoảng cách", percent(run.gap, 2))
    table.add_row("Bộ tối ưu", f"{number(run.seconds, 1)} s, {number(run.peak_mb)} MB")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.add_row("Cả bản trình diễn", f"{number(seconds, 1)} s, {number(peak)} MB")
    console.print(table)
