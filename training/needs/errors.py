"""Errors of writes to needs: for one need, or for some of many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm.exc import StaleDataError

from ..core.audit import Actor, operation
from ..core.errors import Fault, Refused
from ..core.i18n import money
from .models import Need, Priority

# Faults of these fields are the same for all of many needs and are shown once.
_OF_ALL = {"round_id", "priority", "note", "reason"}


class ChangedMeanwhile(Refused):
    """Another user changed the need after it was shown; nothing was written. The faults show that user's
    values."""

    def __init__(self, need: Need, entered: Mapping[str, Any]) -> None:
        """Args:
        entered: the values to write; a field in which both agree is not reported.
        """
        self.need = need
        shown = {
            "priority": Priority(need.priority).label,
            "note": need.note or "–",
            "wished_time": need.wished_time or "–",
            "expected_cost": money(need.expected_cost) if need.expected_cost is not None else "–",
        }
        differ = [
            key for key in shown if key in entered and (entered[key] or None) != (getattr(need, key) or None)
        ]
        super().__init__(
            _("Somebody else changed “%(need)s” after you opened it; nothing was saved.", need=need),
            *(Fault(key, _("is now “%(value)s”", value=shown[key])) for key in differ),
            Fault("state", _("State: is now “%(value)s”", value=need.where())),
        )


class ManyRefused(Refused):
    """Some of many needs cannot be written; none was.

    Attributes:
        by_id: id of the person (registering) or of the need (all else) → the reason; the message follows a name.
    """

    def __init__(self, names: dict[int, str], by_id: dict[int, str]) -> None:
        self.by_id = by_id
        super().__init__(*(Fault("", f"{names[row_id]}: {why}") for row_id, why in by_id.items()))


def refuse_many(names: dict[int, str], refused: dict[int, Refused]) -> None:
    """Raise the reasons; a fault that is the same for all needs is shown once.

    Raises:
        Refused, ManyRefused
    """
    shared: list[Fault] = []
    for fault in next(iter(refused.values())).faults:
        if fault.field in _OF_ALL and all(fault in error.faults for error in refused.values()):
            shared.append(fault)
    if shared:
        raise Refused(*shared)
    raise ManyRefused(
        names, {row_id: " ".join(f.message for f in error.faults) for row_id, error in refused.items()}
    )


@contextmanager
def written(actor: Actor, name: str) -> Iterator[None]:
    """Run an operation whose flush reports in words the conflict of two people who write at the same moment."""
    try:
        with operation(actor, name):
            yield
    except (StaleDataError, sa.exc.IntegrityError) as error:
        raise Refused(
            _("Somebody else changed the same needs at the same moment. Look, then try again.")
        ) from error
