"""What forms over several needs send, and the page that tells which of them were refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from ..access import current_scope
from ..db import db
from ..errors import Refused
from .approval import Act, move
from .doubts import doubts
from .lists import NEEDS_BOX
from .models import Need
from .refusals import ManyRefused

_TOLD = 5  # doubts that a warning names; the others are counted
SEEN = "seen-"  # hidden fields «seen-<id of the need>»: the version that the page showed


def numbers(name: str) -> list[int]:
    """The ids that a form sends under `name`; what is no id is left out."""
    return request.form.getlist(name, type=int)


def seen_versions(needs: Sequence[Need]) -> dict[int, int]:
    """Need id → version as the page showed it, of those needs of which it says so."""
    shown = {need.id: request.form.get(f"{SEEN}{need.id}", type=int) for need in needs}
    return {need_id: version for need_id, version in shown.items() if version is not None}


def warn_of_doubts(made: Sequence[Need]) -> None:
    """Say what is worth a second look of needs that have just been registered: allowed, and rarely meant."""
    found = [
        f"{need.employee.name}: {text}" for need, told in zip(made, doubts(made), strict=True) for text in told
    ]
    if found:
        more = _("And %(count)d more.", count=len(found) - _TOLD) if len(found) > _TOLD else ""
        flash(_("Registered; please look again: %(doubts)s", doubts=" ".join([*found[:_TOLD], more])), "warning")


def refused_page(
    refused: ManyRefused, box: str, chosen: Any, action: str, back: str, fields: dict[str, Any] | None = None
) -> tuple[str, int]:
    """Who was refused and why; nothing was written, and one click does the same for the others."""
    others = [row_id for row_id in dict.fromkeys(chosen) if row_id not in refused.by_id]
    page = render_template(
        "needs/refused.html",
        faults=[fault.message for fault in refused.faults],
        others=others,
        box=box,
        action=action,
        back=back,
        fields=fields or {},
    )
    return page, 409


def act_on(
    needs: Sequence[Need], ticked: Sequence[int], act: Act, back: str, done: Any
) -> Response | tuple[str, int]:
    """Do `act` to the ticked needs: to all of them, or to none; then back to the list.

    Args:
        needs: those of the ticked that the reader may see.
        done: text with %(count)s.
    """
    if len(needs) < len(set(ticked)):
        abort(404)  # a need of another round or unit: no page of ours offers it
    chosen = [need.id for need in needs]
    reason = request.form.get("reason")
    try:
        move(needs, act, actor=current_user, scope=current_scope(), reason=reason, seen=seen_versions(needs))
        db.session.commit()
    except ManyRefused as refused:
        db.session.rollback()
        fields = {"reason": reason} if reason else {}
        return refused_page(refused, NEEDS_BOX, chosen, request.full_path, back, fields)
    except Refused as refused:
        db.session.rollback()
        for fault in refused.faults:
            flash(fault.message, "danger")
    else:
        flash(str(done) % {"count": len(chosen)}, "success")
    return redirect(back)
