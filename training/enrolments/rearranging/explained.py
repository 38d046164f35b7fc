"""How a planner makes the change of an explanation in the seats in force: through the pages of seats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _

from ...classes.models import ClassOption
from ...core.db import db
from ...planning.explanations.acts import WayToAct
from ..models import Enrolment, EnrolmentState, OpenClass
from ..seats.changes import OVERRIDABLE
from .ejection_chains import MOST_OTHERS

_NEED = re.compile(r"n(\d+):")


def acts(need_id: int, change: Mapping[str, Any]) -> Iterator[WayToAct]:
    """Yield what the pages of seats can do of the change; nothing where its class is not open, or others lose."""
    amendments, moves = change.get("amendments", ()), change.get("moves", ())
    into = _open_classes([str(change["option"])]).get(str(change["option"]))
    if into is None or change.get("opens") or change.get("closes"):
        return
    if not moves and all(one["rule"] in OVERRIDABLE for one in amendments):
        text = _("Place by hand, with a ground…") if amendments else _("Place by hand…")
        values: dict[str, Any] = {"class": into}  # a word of Python's
        url = url_for("enrolments.place", need_id=need_id, _anchor=f"class-{into}", **values)
        yield WayToAct(text, url)
    elif moves and not amendments and (steps := _steps(moves)):
        fields = (("into", str(into)), ("moves", " ".join(steps)))
        text = _("Move all of them") if len(steps) > 1 else _("Do both")
        yield WayToAct(text, url_for("enrolments.place_chain", need_id=need_id), fields)


def _steps(moves: list[Mapping[str, Any]]) -> list[str]:
    """Return each move as the page of chains sends it; none if a seat has changed since, or too many move."""
    needs = [int(found[1]) if (found := _NEED.match(str(move["need"]))) else 0 for move in moves]
    if len(moves) > MOST_OTHERS or not all(move.get("before") and move.get("after") for move in moves):
        return []
    active = sa.select(Enrolment, ClassOption.code).join(Enrolment.option)
    active = active.where(Enrolment.need_id.in_(needs), Enrolment.state == EnrolmentState.ENROLLED)
    seats = {seat.need_id: (seat, code) for seat, code in db.session.execute(active)}
    classes = _open_classes([str(move["after"]) for move in moves])
    steps = []
    for need_id, move in zip(needs, moves, strict=True):
        seat, code = seats.get(need_id, (None, ""))
        to = classes.get(str(move["after"]))
        if seat is None or code != move["before"] or to is None:
            return []
        steps.append(f"{seat.id}.{seat.version}.{to}")
    return steps


def _open_classes(option_codes: list[str]) -> dict[str, int]:
    """Return option code → class, of those that are open in this option."""
    statement = (
        sa.select(ClassOption.code, OpenClass.class_id)
        .join(OpenClass, OpenClass.option_id == ClassOption.id)
        .where(ClassOption.code.in_(option_codes), OpenClass.cancelled_at.is_(None))
    )
    return dict(db.session.execute(statement).all())  # type: ignore[arg-type]  # rows of two are pairs
