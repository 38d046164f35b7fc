"""The demo province, from an empty database to a published plan, by the same steps that its users take."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..accounts.models import User
from ..core.audit import SYSTEM, Actor
from ..core.db import db
from ..core.errors import Refused
from ..core.i18n import number, today
from ..enrolments.publishing import announcements
from ..enrolments.publishing import publish as enrolments
from ..imports import operations as imports
from ..imports.kinds.all_kinds import WORKBOOK
from ..messages.mail import sending
from ..needs.models import Round
from ..people.models import Employee
from ..planning import operations as planning
from ..planning.models import OptimizerRun, Plan, RunStatus
from ..running.serving import WORKER
from .accounts import PASSWORD, PLANNER, create_accounts, shown_accounts
from .budgets import compute_year, open_first_classes
from .needs import carry_over_last_year, open_additional_round
from .papers import create_offices, create_papers
from .results import declare_results, hold_last_classes
from .sheets.province import write_workbooks
from .summary import print_summary

_POLL_SECONDS = 0.5
_TIME_LIMIT = 90  # seconds for the optimizer
_console = Console(highlight=False, width=100)


def run(*, trainees: int, classes: int, folder: Path, tell: bool = True) -> None:
    """Fill an empty database with the demo province, plan its year and publish the plan.

    An existing province is only summarised.

    1. write its workbooks; 2. import them; 3. make accounts; 4. make a plan; 5. let a worker optimise it;
    6. publish; 7. notify everybody; 8. print a summary.

    Args:
        trainees, classes: the province's size.
        folder: the folder of the workbooks.
        tell: whether everybody is notified; after that, publishing cannot be undone.
    """
    began = time.monotonic()
    with force_locale("vi"):
        if db.session.scalar(sa.select(sa.func.count()).select_from(Employee)):
            _console.print("Cơ sở dữ liệu đã có dữ liệu: giữ nguyên.")
        else:
            _fill(trainees, classes, folder)
            _plan(tell)
        print_summary(_console, seconds=time.monotonic() - began)


def announce(port: int) -> None:
    """Print where the province is served and who may sign in."""
    _console.print(f"\n[bold]http://127.0.0.1:{port}[/bold]   mật khẩu chung / password: [bold]{PASSWORD}[/bold]")
    for account, role in shown_accounts():
        _console.print(f"  {account:<16} {role}")
    _console.print("Ctrl-C để dừng / to stop\n")


@contextmanager
def _step(text: str) -> Iterator[None]:
    began = time.monotonic()
    with _console.status(text):
        yield
    _console.print(f"{text} [dim]{time.monotonic() - began:.1f} s[/dim]")


def _fill(trainees: int, classes: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with _step(f"Tạo tệp Excel của tỉnh ({number(trainees)} người, {number(classes)} lớp)"):
        files = write_workbooks(folder, trainees=trainees, classes=classes)
    for file in files:
        with _step(f"Nhập {file.name}"):
            _import(file)
    round_ = db.session.scalars(sa.select(Round)).one()
    year = round_.year
    with _step("Chuyển tiếp nhu cầu năm trước chưa được xếp lớp"):
        carry_over_last_year(round_)
        db.session.commit()
    with _step("Tính chi phí các lớp theo định mức"):
        compute_year(year)
        db.session.commit()
    with _step("Tạo tài khoản"):
        create_accounts()
        db.session.commit()


def _import(file: Path) -> None:
    try:
        imports.import_now(WORKBOOK, file.name, file.read_bytes(), actor=SYSTEM)
    except Refused as refused:
        for fault in refused.faults[:20]:
            _console.print(f"  {fault.field}: {fault.message}", style="red")
        raise SystemExit(f"{file.name}: {len(refused.faults)} lỗi, chưa ghi gì.") from None
    db.session.commit()
    db.session.expunge_all()


def _plan(tell: bool) -> None:
    round_ = db.session.scalars(sa.select(Round).where(Round.decided_on.is_(None))).one()
    year = round_.year
    plan = planning.save_plan(
        {
            "code": f"KH{year}",
            "name": f"Kế hoạch đào tạo, bồi dưỡng năm {year}",
            "round_id": round_.id,
            "time_limit": _TIME_LIMIT,
        },
        actor=SYSTEM,
    )
    db.session.commit()
    run_ = planning.start_run(plan, actor=SYSTEM)
    db.session.commit()
    _watch(run_, plan)
    if run_.score is None:
        raise SystemExit(f"Bộ tối ưu: {RunStatus(run_.status).label}. {run_.message or ''}")
    with _step("Công bố kế hoạch"):
        _publish(run_, SYSTEM)
        open_first_classes(year, today())
        db.session.commit()
    if tell and not current_app.config["MAIL_SERVER"]:  # the addresses of the demo are invented
        with _step("Báo kế hoạch cho mọi người"):
            plan = tell_everybody(plan, db.session.scalars(sa.select(User).where(User.code == PLANNER)).one())
    with _step("Hai lớp cuối năm trước: điểm danh, điểm, kết quả, chứng chỉ"):
        declare_results(year)
        create_offices()
        hold_last_classes(year, today())
        db.session.commit()
    with _step("Ban hành quyết định kế hoạch, giấy tờ của lớp đầu tiên"):
        create_papers(plan)
        db.session.commit()
    with _step("Mở đợt đăng ký bổ sung, phê duyệt qua các bước"):
        open_additional_round(year)
        db.session.commit()


def _watch(run_: OptimizerRun, plan: Plan) -> None:
    """Let a worker do the run and show its progress."""
    worker = subprocess.Popen([*WORKER, "--until-empty"], cwd=Path(current_app.root_path).parent)
    columns = (TextColumn("Tối ưu"), BarColumn(), TimeElapsedColumn(), TextColumn("{task.fields[state]}"))
    try:
        with Progress(*columns, console=_console) as progress:
            task = progress.add_task("", total=plan.time_limit, state="")
            while True:
                db.session.rollback()
                db.session.refresh(run_)
                if not RunStatus(run_.status).active:
                    break
                if worker.poll() is not None:
                    raise SystemExit(f"Tiến trình nền dừng với mã {worker.returncode}.")
                seconds, score, bound = run_.history[-1][:3] if run_.history else (0, None, None)
                progress.update(task, completed=float(seconds or 0), state=_state(score, bound))
                time.sleep(_POLL_SECONDS)
            progress.update(task, completed=plan.time_limit, state=_state(run_.score, run_.bound))
        worker.wait(timeout=60)
    finally:
        if worker.poll() is None:
            worker.terminate()


def _state(score: float | int | None, bound: float | int | None) -> str:
    if score is None or bound is None:
        return ""
    gap = (bound - score) / max(1, abs(bound))
    return f"điểm {score:,.0f} · cận {bound:,.0f} · cách {100 * gap:.2f} %".replace(",", ".")


def tell_everybody(plan: Plan, user: User) -> Plan:
    """Do at once what the worker would do: write the messages, and put the mails into the mailbox pages.

    Returns:
        The plan as it is now: people count as notified.
    """
    plan_id, announcement_id = plan.id, announcements.ask(plan, user=user).id
    db.session.commit()
    announcements.work(announcement_id)
    sending.send_due()
    return db.session.get_one(Plan, plan_id)


def _publish(run_: OptimizerRun, actor: Actor) -> None:
    try:
        enrolments.publish(run_, actor=actor)
    except Refused as refused:
        for fault in refused.faults[:20]:
            _console.print(f"  {fault.message}", style="red")
        raise SystemExit("Chưa công bố được.") from None
    db.session.commit()
