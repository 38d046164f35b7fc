"""Who signs for a class: the decision that recognises its results, and its certificates."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from ...classes.models import TrainingClass
from ...core.db import db
from ...courses.models import Issuer, Signer


def signers_for(training_class: TrainingClass) -> Sequence[Signer]:
    """Return the signers of a class's host, then those of bodies that are no host (Sở Nội vụ …); never another
    host's."""
    own = Issuer.host_id == training_class.host_id
    statement = (
        sa.select(Signer)
        .join(Signer.issuer)
        .where(Signer.active, sa.or_(own, Issuer.host_id.is_(None)))
        .options(contains_eager(Signer.issuer))
        .order_by(Issuer.host_id.is_(None), Issuer.sort_key, Signer.id)
    )
    return db.session.scalars(statement).all()


def choices(training_class: TrainingClass) -> list[tuple[int, str]]:
    """Return (id, who) of the signers of a class."""
    return [(row.id, f"{row.issuer.name}: {row.signature}") for row in signers_for(training_class)]


def signer_of(training_class: TrainingClass, signer_id: int | None) -> Signer | None:
    """Return the signer with that id, if they sign for the class."""
    return next((row for row in signers_for(training_class) if row.id == signer_id), None)
