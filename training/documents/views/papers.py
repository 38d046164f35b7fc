"""Pages for papers: all papers, one paper and its file, those of a class, a plan, a person; panels on downstream
pages."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, render_template, send_file, url_for
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from werkzeug.wrappers import Response

from ...classes.models import TrainingClass
from ...classes.panels import class_panels
from ...core import audit
from ...core.access import EVERYBODY, HOSTS, PLANNERS, READERS, TRAINEES, allow, current_roles, current_scope
from ...core.db import db
from ...core.forms import choices_of
from ...core.i18n import day
from ...core.tables import Filter, ListColumn, listing, named
from ...people.models import Employee
from ...people.panels import person_panel
from ...results.certificates import registry
from .. import batches, outdated, queries
from ..blueprint import bp
from ..models import OF_CLASS, OF_PERSON, OF_PLAN, Document, DocumentState, Issuer, Paper
from . import issuing as issue_views


def _state(row: Document) -> str:
    """Return the state of a paper in lists, which shows if a letter in force is no longer valid."""
    return outdated.why(row) or DocumentState(row.state).label


_COLUMNS = (
    ListColumn(
        "symbol",
        _l("Number and symbol"),
        lambda d: d.symbol or "–",
        (Document.year, Document.number, Document.id),
        link=lambda d: url_for("documents.document", id=d.id) if d.symbol else None,
    ),
    ListColumn("kind", _l("Kind of paper"), lambda d: d.label, (Document.kind, Document.id)),
    ListColumn(
        "title",
        _l("On"),
        lambda d: d.title,
        (Document.search,),
        link=lambda d: url_for("documents.document", id=d.id),
    ),
    ListColumn("day", _l("Day of issue"), lambda d: day(d.issued_on), (Document.issued_on, Document.id)),
    ListColumn("issuer", _l("Issuer"), lambda d: d.issuer.name, wide_only=True),
    ListColumn("state", _l("State"), _state, (Document.state, Document.id)),
)


@bp.app_context_processor
def _labels() -> dict[str, Any]:
    return {"paper_state": _state, "paper_outdated": outdated.why}


def may_issue() -> bool:
    return bool(current_roles() & HOSTS)


@bp.get("/papers")
@allow(READERS | HOSTS)
def documents() -> str:
    page = listing(
        queries.documents(current_scope()),
        _COLUMNS,
        default_sort="-day",
        search=(Document.search, named(Document.issuer_id, Issuer)),
        filters=(
            Filter("kind", _l("Kind of paper"), lambda: choices_of(Paper), lambda v: Document.kind == v),
            Filter("state", _l("State"), lambda: choices_of(DocumentState), lambda v: Document.state == v),
            Filter(
                "issuer",
                _l("Issuer"),
                lambda: [(row.id, row.name) for row in queries.issuers(current_scope())],
                lambda v: Document.issuer_id.in_([row.id for row in _issuers(v)]),
            ),
        ),
    )
    plans = queries.published_plans() if current_scope().everything else ()
    return render_template("documents/documents.html", page=page, plans=plans)


def _issuers(chosen: str) -> list[Issuer]:
    return [row for row in queries.issuers(current_scope()) if str(row.id) == chosen]


@bp.get("/papers/<int:id>")
@allow(EVERYBODY)
def document(id: int) -> str:
    row = queries.document(id, current_scope()) or abort(404)
    return render_template(
        "documents/document.html",
        row=row,
        state=DocumentState(row.state),
        in_force=row.state == DocumentState.ISSUED,
        outdated=outdated.why(row) or outdated.undone(row),
        may_issue=may_issue() and issue_views.may_change(row),
        address=url_for("documents.check_code", code=row.code),
        subject_id=row.enrolment_id or row.class_id or row.plan_id,
    )


@bp.get("/papers/<int:id>/file")
@allow(EVERYBODY)
def file(id: int) -> Response:
    row = queries.document(id, current_scope(), content=True) or abort(404)
    audit.record(current_user, "documents.download", "document", row.id, str(row), {"sha256": row.sha256})
    content, name = row.content, file_name(row)
    db.session.commit()
    return send_file(BytesIO(content), as_attachment=True, download_name=name)


def file_name(row: Document) -> str:
    """Return the name of the file."""
    return f"{row.kind.replace('_', '-')}-{row.id}.docx"


@bp.get("/classes/<int:id>/papers")
@allow(READERS | HOSTS)
def of_class(id: int) -> str:
    opened = queries.running_class(id) or abort(404)
    scope = current_scope()
    made = opened.training_class
    issues = current_scope(HOSTS)
    issuing = issues.everything or made.host_id in issues.host_ids
    pending = {kind: batches.seats_pending(kind, class_id=id) for kind in OF_PERSON} if issuing else {}
    return render_template(
        "documents/of_class.html",
        training_class=made,
        kinds=OF_CLASS,
        papers=queries.in_force_of(scope, class_id=id),
        personal=OF_PERSON,
        people=listing(
            queries.roster(id),
            (
                ListColumn("person", _l("Person"), lambda e: e.employee.name, (Employee.sort_key,)),
                ListColumn("unit", _l("Unit"), lambda e: e.employee.unit.name),
            ),
            default_sort="person",
        )
        if issuing
        else None,
        held={kind: queries.papers_of_class(id, kind, scope) for kind in OF_PERSON} if issuing else {},
        pending=pending,
        counts={kind: len(seats) for kind, seats in pending.items()},
        batches=queries.batches_of(class_id=id) if issuing else (),
        outdated=outdated.count(class_id=id),
        issuing=issuing,
    )


@bp.get("/plans/<int:id>/papers")
@allow(READERS)
def of_plan(id: int) -> str:
    plan = queries.plan(id) or abort(404)
    scope = current_scope()
    issuing = current_scope(PLANNERS).everything
    return render_template(
        "documents/of_plan.html",
        plan=plan,
        kinds=OF_PLAN,
        papers=queries.in_force_of(scope, plan_id=id),
        personal=OF_PERSON,
        pending={kind: batches.count_pending(kind, plan=plan, class_id=None) for kind in OF_PERSON}
        if issuing
        else {},
        batches=queries.batches_of(plan_id=id) if issuing else (),
        outdated=outdated.count(plan=plan),
        issuing=issuing,
    )


@bp.get("/my-papers")
@allow(TRAINEES)
def mine() -> str:
    scope = current_scope()
    papers = queries.papers_of_person(scope.employee_id or 0, scope)
    printed = {row.symbol for row in papers if row.kind == Paper.CERTIFICATE}
    entries = registry.entries_of_person(scope.employee_id or 0)
    return render_template(
        "documents/mine.html", papers=papers, entries=[one for one in entries if one.full_number not in printed]
    )


@person_panel(order=60)
def panel(employee: Employee) -> Markup | str:
    """Show the papers of the person."""
    papers = queries.papers_of_person(employee.id, current_scope())
    return Markup(render_template("documents/_panel.html", papers=papers)) if papers else ""


@class_panels.add(30)
def class_panel(row: TrainingClass) -> Markup | str:
    """Return the link from a class's page to its papers."""
    if not current_roles() & (READERS | HOSTS) or queries.running_class(row.id) is None:
        return ""
    return Markup(render_template("documents/_class_panel.html", training_class=row))
