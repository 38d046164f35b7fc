"""Cost sheets of plans, for planners and finance officers."""

from __future__ import annotations

from io import BytesIO

from flask import abort, render_template, send_file
from flask_login import current_user
from werkzeug.wrappers import Response

from ...budgets.panels import money_panels
from ...classes.queries import running_costs
from ...core import audit
from ...core.access import FINANCE_OFFICERS, allow
from ...core.db import db
from .. import costs, queries
from ..blueprint import bp

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@money_panels.add(10)
def paid_by_others(year: int) -> str:
    """Show what others pay for the running classes, in addition to the funds."""
    found = costs.paid_by_others(costs.in_force(year))
    return render_template("planning/_others_pay_panel.html", others_pay=found) if found else ""


def _sheet(content: bytes, entity: str, entity_id: object, label: str, name: str) -> Response:
    audit.record(current_user, "planning.download", entity, entity_id, label, {"bytes": len(content)})
    db.session.commit()
    return send_file(BytesIO(content), mimetype=_XLSX, as_attachment=True, download_name=name)


@bp.get("/runs/<int:id>/costs.xlsx")
@allow(FINANCE_OFFICERS)
def run_costs(id: int) -> Response:
    """Download the cost sheet of one result."""
    run = queries.run(id)
    if run is None or "seats" not in run.summary:
        abort(404)
    content = costs.workbook_of_run(run)
    return _sheet(content, "optimizer_run", run.id, str(run.plan), f"du-toan-{run.plan.code}-{run.id}.xlsx")


@bp.get("/plans/in-force/<int:year>/costs.xlsx")
@allow(FINANCE_OFFICERS)
def costs_in_force(year: int) -> Response:
    """Download the cost sheet of the seats in force in a year."""
    if not running_costs(year):
        abort(404)
    return _sheet(costs.workbook_in_force(year), "plan", "", str(year), f"du-toan-{year}.xlsx")
