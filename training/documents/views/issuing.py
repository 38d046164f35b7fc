"""Pages for issuing and revoking a paper, and for batches of letters."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import Response as FlaskResponse
from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ...core import audit
from ...core.access import HOSTS, allow, current_scope
from ...core.chunked_jobs import WorkState
from ...core.db import db
from ...core.errors import Refused
from ...core.i18n import today
from .. import batches, bundles, operations, queries
from ..blueprint import bp
from ..forms import IssueForm, RevokeForm
from ..models import OF_CLASS, OF_PERSON, OF_PLAN, Document, DocumentState, Paper, PaperBatch, Signer
from ..operations import Terms
from ..papers.grounds import USUAL
from ..papers.subjects import DEFAULT_HOUR, subject_of


def _kind(name: str, among: tuple[Paper, ...] = tuple(Paper)) -> Paper:
    return Paper(name) if name in {kind.value for kind in among} else abort(404)


def may_change(row: Document) -> bool:
    """Return whether the signed-in issuer may revoke or replace the paper: a host only those of its own
    classes."""
    scope = current_scope(HOSTS)
    made = row.training_class
    return scope.everything or (made is not None and made.host_id in scope.host_ids)


def _form(
    kind: Paper, *, replacing: bool = False, by_book: Signer | None = None
) -> tuple[IssueForm, dict[int, Signer]]:
    """Return the form, and the signers that it offers.

    Args:
        by_book: the signer in the class's books; then nobody is chosen.
    """
    form = IssueForm()
    issuers = queries.issuers(current_scope())
    found = {row.id: row for row in queries.signers([issuer.id for issuer in issuers])}
    form.signer_id.offer([(row.id, f"{row.issuer.name}: {row}") for row in found.values()])
    if kind not in USUAL:
        del form.grounds
    elif request.method == "GET":
        form.grounds.data = "\n".join(USUAL[kind])
    if kind is not Paper.SUMMONS:
        del form.hour
    elif request.method == "GET":
        form.hour.data = DEFAULT_HOUR
    if not replacing:
        del form.reason
    if by_book is not None:
        del form.signer_id
    if request.method == "GET":
        form.issued_on.data = today()
        if len(found) == 1 and by_book is None:
            form.signer_id.data = next(iter(found))
    return form, found


def _terms(form: IssueForm, signers: dict[int, Signer], by_book: Signer | None) -> Terms:
    signer = by_book if by_book is not None else signers[form.signer_id.data]
    lines = (form.grounds.data or "").splitlines() if form.grounds else []
    details = {"gio_co_mat": form.hour.data} if form.hour and form.hour.data else {}
    grounds = tuple(line.strip() for line in lines if line.strip())
    return Terms(signer.issuer, signer, form.issued_on.data or today(), grounds, details)


@bp.route("/papers/issue/<kind>/<int:id>", methods=["GET", "POST"])
@allow(HOSTS)
def issue(kind: str, id: int) -> Any:
    """Issue a paper on a plan, a class or a seat; the button «preview» shows it without issuing it."""
    wanted = _kind(kind)
    try:
        subject = subject_of(wanted, id)
    except Refused as refused:
        flash(str(refused), "warning")
        return redirect(_back(wanted, id))
    scope = current_scope()
    if not scope.everything and subject.host_id not in scope.host_ids:
        abort(404)
    old = operations.in_force(wanted, subject)
    form, signers = _form(wanted, replacing=old is not None, by_book=subject.signer)
    if form.validate_on_submit():
        terms = _terms(form, signers, subject.signer)
        try:
            if "preview" in request.form:
                content = operations.preview(wanted, id, terms)
                return send_file(BytesIO(content), as_attachment=True, download_name=f"du-thao-{kind}.docx")
            reason = form.reason.data if form.reason else None
            made = operations.issue(wanted, id, terms, reason=reason, actor=current_user, scope=scope)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Issued: %(paper)s", paper=made), "success")
            return redirect(url_for(".document", id=made.id))
    return render_template(
        "documents/issue.html", form=form, kind=wanted, subject=subject, old=old, back=_back(wanted, id),
        signers=signers,
    )  # fmt: skip


def _back(kind: Paper, subject_id: int) -> str:
    if kind in OF_PLAN:
        return url_for(".of_plan", id=subject_id)
    if kind in OF_CLASS:
        return url_for(".of_class", id=subject_id)
    seat = queries.seat(subject_id)
    return url_for(".of_class", id=seat.class_id) if seat else url_for(".documents")


@bp.route("/papers/<int:id>/revoke", methods=["GET", "POST"])
@allow(HOSTS)
def revoke(id: int) -> Any:
    row = queries.document(id, current_scope()) or abort(404)
    if not may_change(row) or row.state != DocumentState.ISSUED:
        abort(404)
    form = RevokeForm()
    if form.validate_on_submit():
        try:
            operations.revoke(row, form.reason.data or "", actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Revoked: %(paper)s", paper=row), "success")
            return redirect(url_for(".document", id=id))
    return render_template("documents/revoke.html", form=form, row=row)


# -- batches ---------------------------------------------------------------------------------------------------


@bp.route("/papers/batch/<kind>/<of>/<int:id>", methods=["GET", "POST"])
@allow(HOSTS)
def batch_new(kind: str, of: str, id: int) -> Any:
    """Issue letters to all of a plan (`of` is «plan») or a class («class») who have none yet."""
    wanted = _kind(kind, OF_PERSON)
    plan = (queries.plan(id) or abort(404)) if of == "plan" else None
    opened = (queries.running_class(id) or abort(404)) if of == "class" else None
    if plan is None and opened is None:
        abort(404)
    scope = current_scope()
    if not scope.everything and (opened is None or opened.training_class.host_id not in scope.host_ids):
        abort(404)
    class_id = id if opened is not None else None
    by_book = queries.book_signer(id) if wanted is Paper.CERTIFICATE and opened is not None else None
    form, signers = _form(wanted, by_book=by_book)
    if form.validate_on_submit():
        try:
            made = batches.ask(
                wanted, _terms(form, signers, by_book), plan_id=id if plan is not None else None,
                class_id=class_id, user=current_user, scope=scope,
            )  # fmt: skip
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            return redirect(url_for(".batch", id=made.id))
    return render_template(
        "documents/batch_new.html",
        form=form,
        kind=wanted,
        subject=plan or (opened and opened.training_class),
        count=batches.count_pending(wanted, plan=plan, class_id=class_id),
        back=url_for(".of_plan", id=id) if plan is not None else url_for(".of_class", id=id),
        signers=signers,
        by_book=by_book,
    )


def _batch(batch_id: int) -> PaperBatch:
    return batches.batch_of(batch_id, current_scope()) or abort(404)


@bp.get("/papers/batches/<int:id>")
@allow(HOSTS)
def batch(id: int) -> str:
    row = _batch(id)
    state = WorkState(row.state)
    return render_template(
        "documents/batch.html", row=row, kind=Paper(row.kind), state=state, working=state.active
    )


@bp.get("/papers/batches/<int:id>/progress")
@allow(HOSTS)
def batch_progress(id: int) -> dict[str, Any]:
    row = _batch(id)
    state = WorkState(row.state)
    return {"working": state.active, "status": state.label, "done": row.done, "total": row.total}


@bp.post("/papers/batches/<int:id>/stop")
@allow(HOSTS)
def batch_stop(id: int) -> Response:
    batches.stop(_batch(id), actor=current_user)
    db.session.commit()
    return redirect(url_for(".batch", id=id))


@bp.post("/papers/batches/<int:id>/continue")
@allow(HOSTS)
def batch_continue(id: int) -> Response:
    try:
        batches.go_on(_batch(id), actor=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        flash(str(refused), "warning")
    return redirect(url_for(".batch", id=id))


@bp.get("/papers/batches/<int:id>/letters.zip")
@allow(HOSTS)
def batch_letters(id: int) -> Response:
    return _sent(_batch(id), bundles.one_by_one(id), f"giay-{id}.zip")


@bp.get("/papers/batches/<int:id>/units.zip")
@allow(HOSTS)
def batch_units(id: int) -> Response:
    return _sent(_batch(id), bundles.by_unit(id), f"giay-{id}-theo-don-vi.zip")


def _sent(row: PaperBatch, pieces: Iterator[bytes], name: str) -> Response:
    papers = sa.select(sa.func.count()).where(Document.batch_id == row.id)
    facts = {"file": name, "rows": db.session.scalar(papers)}
    audit.record(current_user, "documents.download", "paper_batch", row.id, str(row), facts)
    db.session.commit()
    answer = FlaskResponse(pieces, mimetype="application/zip")
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer
