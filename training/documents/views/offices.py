"""Pages for templates, issuers and signers, and registers of numbers."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import abort, flash, redirect, render_template, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import contains_eager, joinedload, undefer
from werkzeug.wrappers import Response

from ...core.access import CATALOGUE_EDITORS, READERS, allow, current_roles
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.errors import Refused
from ...core.forms import choices_of
from ...core.tables import ListColumn
from ...courses.queries import host_choices
from .. import operations, queries
from ..blueprint import bp
from ..forms import IssuerForm, SignerForm, TemplateForm
from ..models import Authority, Issuer, Paper, PaperTemplate, Signer
from ..papers.fields import described
from ..word_templates import store
from ..word_templates.filling import standard


def _edit_address(endpoint: str, row: Any) -> str | None:
    return url_for(endpoint, id=row.id) if current_roles() & CATALOGUE_EDITORS else None


def _prepare_issuer(form: IssuerForm, row: Issuer | None) -> None:
    form.host_id.offer(host_choices())


def _prepare_signer(form: SignerForm, row: Signer | None) -> None:
    form.issuer_id.offer([(i.id, i.name) for i in db.session.scalars(sa.select(Issuer).order_by(Issuer.sort_key))])
    form.authority.offer(choices_of(Authority))


register(
    bp,
    Catalogue(
        key="issuer",
        plural_key="issuers",
        singular=_l("issuer of papers"),
        plural=_l("Issuers of papers"),
        path="issuers",
        model=Issuer,
        statement=lambda scope: sa.select(Issuer).options(joinedload(Issuer.host)),
        columns=(
            ListColumn("code", _l("Abbreviation in numbers"), lambda i: i.code, (Issuer.code,)),
            ListColumn(
                "name",
                _l("Name"),
                lambda i: i.name,
                (Issuer.sort_key,),
                link=lambda i: _edit_address("documents.issuer_edit", i),
            ),
            ListColumn("parent", _l("Body above it"), lambda i: i.parent_name or "", (Issuer.parent_name,)),
            ListColumn(
                "place", _l("Place of signing"), lambda i: i.place_name, (Issuer.place_name,), wide_only=True
            ),
        ),
        search=Issuer.search_key,
        form=IssuerForm,
        prepare=_prepare_issuer,
        save=operations.save_issuer,
        delete=operations.delete_issuer,
    ),
)
register(
    bp,
    Catalogue(
        key="signer",
        plural_key="signers",
        singular=_l("signer"),
        plural=_l("Signers of papers"),
        path="signers",
        model=Signer,
        statement=lambda scope: sa.select(Signer).join(Signer.issuer).options(contains_eager(Signer.issuer)),
        columns=(
            ListColumn(
                "name",
                _l("Name"),
                lambda s: s.name,
                (Signer.name,),
                link=lambda s: _edit_address("documents.signer_edit", s),
            ),
            ListColumn("title", _l("Title under the signature"), lambda s: s.title, (Signer.title,)),
            ListColumn("issuer", _l("Issuer"), lambda s: s.issuer.name, (Issuer.sort_key,)),
            ListColumn("authority", _l("In whose right"), lambda s: Authority(s.authority).label, wide_only=True),
            ListColumn("active", _l("Signs now"), lambda s: _("Yes") if s.active else _("No"), (Signer.active,)),
        ),
        form=SignerForm,
        prepare=_prepare_signer,
        save=operations.save_signer,
        delete=operations.delete_signer,
    ),
)


@bp.get("/paper-registers")
@allow(READERS)
def registers() -> str:
    return render_template("documents/registers.html", registers=queries.registers())


@bp.get("/paper-templates")
@allow(CATALOGUE_EDITORS)
def templates() -> str:
    return render_template("documents/templates.html", kinds=tuple(Paper), in_use=queries.templates_in_use())


def _kind(name: str) -> Paper:
    return Paper(name) if name in {kind.value for kind in Paper} else abort(404)


@bp.route("/paper-templates/<kind>", methods=["GET", "POST"])
@allow(CATALOGUE_EDITORS)
def template(kind: str) -> str | Response:
    """Show the versions of a kind's template and its fields, and upload a new version."""
    wanted, form = _kind(kind), TemplateForm()
    if form.validate_on_submit():
        upload = form.file.data
        try:
            made = store.upload(wanted, upload.filename or "", upload.read(), form.note.data, actor=current_user)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Version %(number)s is in use now.", number=made.number), "success")
            return redirect(url_for(".template", kind=kind))
    return render_template(
        "documents/template.html",
        kind=wanted,
        form=form,
        versions=queries.templates_of(wanted),
        fields=described(wanted),
    )


@bp.post("/paper-templates/<kind>/use/<int:number>")
@allow(CATALOGUE_EDITORS)
def template_use(kind: str, number: int) -> Response:
    """Use a version; 0: the standard template."""
    wanted = _kind(kind)
    row = _version(wanted, number) if number else None
    store.use(wanted, row, actor=current_user)
    db.session.commit()
    flash(_("The template in use has been changed."), "success")
    return redirect(url_for(".template", kind=kind))


@bp.get("/paper-templates/<kind>/<int:number>/file")
@allow(CATALOGUE_EDITORS)
def template_file(kind: str, number: int) -> Response:
    wanted = _kind(kind)
    content = _version(wanted, number).content if number else standard(wanted)
    return send_file(BytesIO(content), as_attachment=True, download_name=f"mau-{kind}-{number}.docx")


def _version(kind: Paper, number: int) -> PaperTemplate:
    found = db.session.scalar(
        sa.select(PaperTemplate)
        .where(PaperTemplate.kind == kind, PaperTemplate.number == number)
        .options(undefer(PaperTemplate.content))
    )
    return found if found is not None else abort(404)
