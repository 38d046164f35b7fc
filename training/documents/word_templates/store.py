"""Write operations for an office's own templates: every upload is a version that is kept; one version of each kind
is in use."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.audit import Actor, operation
from ...core.db import db
from ...core.errors import Fault, Refused
from ..models import Paper, PaperTemplate
from ..papers.fields import SAMPLES
from .own_template import faults_of


def upload(kind: Paper, filename: str, content: bytes, note: str | None, *, actor: Actor) -> PaperTemplate:
    """Store a template as the next version of its kind, and use it from now on.

    Raises:
        Refused: it cannot be filled with sample values, or names fields that the kind does not have: each by name.
    """
    faults = faults_of(content, SAMPLES[kind])
    if faults:
        raise Refused(*faults)
    sha256 = hashlib.sha256(content).hexdigest()
    with operation(actor, "documents.upload_template") as session:
        # Two uploads at the same moment get two numbers.
        session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('documents.template'))"))
        same = session.scalar(
            sa.select(PaperTemplate).where(PaperTemplate.kind == kind, PaperTemplate.sha256 == sha256)
        )
        if same is not None:
            raise Refused(
                Fault("file", _("This is version %(number)s, which is here already.", number=same.number))
            )
        last = session.scalar(sa.select(sa.func.max(PaperTemplate.number)).where(PaperTemplate.kind == kind))
        made = PaperTemplate(
            kind=kind,
            number=(last or 0) + 1,
            filename=filename[-200:],
            content=content,
            sha256=sha256,
            note=(note or "")[:400] or None,
            uploaded_by=actor.actor_name,
        )
        session.add(made)
        session.flush()
        use(kind, made, actor=actor)
        return made


def use(kind: Paper, template: PaperTemplate | None, *, actor: Actor) -> None:
    """Use that version from now on; None: the standard template. Issued papers do not change."""
    with operation(actor, "documents.set_template"):
        rows = db.session.scalars(
            sa.select(PaperTemplate).where(PaperTemplate.kind == kind).with_for_update()
        ).all()
        for row in rows:
            if row.in_use and row is not template:
                row.in_use = False
        db.session.flush()  # only one is in use: change the old one first
        if template is not None:
            template.in_use = True
            db.session.flush()
