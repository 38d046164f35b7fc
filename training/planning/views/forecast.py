"""The page «Will it reach 100 %?» of a run, before it is published: who meets the standards, and what binds."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from ...core.access import PLAN_READERS, allow, current_scope
from ...core.i18n import number, percent
from ...core.tables import ListColumn, Page, listing_of
from ...core.vietnamese import search_key
from ..blueprint import bp
from ..by_unit import forecast, words
from ..by_unit.forecast import Line
from ..models import OptimizerRun
from . import by_unit

_GROUPS = {forecast.REQUIREMENT: _l("Requirement"), forecast.UNIT: _l("Unit"), forecast.POSITION: _l("Position")}


@bp.get("/runs/<int:id>/forecast")
@allow(PLAN_READERS)
def run_forecast(id: int) -> str:
    """Show who meets the standards now, who will after the plan, who cannot, and what binds."""
    scope = current_scope()
    run = by_unit.readable_run(id)
    group = request.args.get("by")
    group = group if group in forecast.GROUPS else forecast.REQUIREMENT
    days = (run.standards_on, run.standards_after) if run.standards_on else None
    binding = [
        (
            reason,
            words.binding_label(reason.code),
            [(one, words.remedy_in_words(one)) for one in words.cheapest(reason)],
        )
        for reason in (forecast.reasons(run, scope) if days else [])
    ]
    return render_template(
        "planning/forecast.html",
        run=run,
        days=days,
        total=forecast.total(run, scope),
        reasons=binding,
        group=group,
        groups=[(one, str(_GROUPS[one])) for one in _GROUPS],
        page=_list(run, group, forecast.by(run, scope, group) if days else []),
    )


def _list(run: OptimizerRun, group: str, lines: list[Line]) -> Page:
    address_of = {forecast.REQUIREMENT: "requirement", forecast.UNIT: "of", forecast.POSITION: "position"}[group]

    def names(line: Line, **chosen: Any) -> str | None:
        if line.key is None:
            return None
        if group == forecast.REQUIREMENT and "reason" not in chosen:
            chosen = {}  # the people who lack it
        return url_for("planning.run_people", id=run.id, **{address_of: line.key, **chosen})

    def of_people(**chosen: Any) -> Any:
        """The names behind a figure; who meets one requirement is on no page of its own."""
        return (lambda line: names(line, **chosen)) if group != forecast.REQUIREMENT else None

    def share(line: Line) -> float | None:
        known = line.meets_after + line.lacks_after
        return line.meets_after / known if known else None

    def binds(line: Line) -> Markup:
        return Markup("<br>").join(
            Markup('<a href="{}">{}</a>: {}').format(
                names(line, reason=code) or "", words.binding_label(code), number(people)
            ) if line.key is not None else Markup("{}: {}").format(words.binding_label(code), number(people))
            for code, people in line.reasons.most_common(words.MOST_REASONS)
        )  # fmt: skip

    columns = (
        ListColumn("name", _GROUPS[group], lambda line: line.name or _("Not stated"), (lambda line: line.name,)),
        ListColumn("people", _l("Persons"), lambda line: number(line.people), (lambda line: line.people,),
                   of_people(), number=True, wide_only=True),
        ListColumn("meets", _l("Meet it now"), lambda line: number(line.meets), (lambda line: line.meets,),
                   of_people(before="meets"), number=True),
        ListColumn("after", _l("After this plan"), _after, (lambda line: line.more,),
                   of_people(after="meets"), number=True),
        ListColumn("share", _l("Share"), lambda line: percent(share(line)), (share,), number=True, wide_only=True),
        ListColumn("lacks", _l("Cannot"), lambda line: number(line.lacks_after), (lambda line: line.lacks_after,),
                   lambda line: names(line, after="lacks") if line.lacks_after else None, number=True),
        ListColumn("unknown", _l("Cannot be said"), lambda line: number(line.unknown),
                   (lambda line: line.unknown,), number=True, wide_only=True),
        ListColumn("binds", _l("What binds (people)"), binds, wide_only=True),
    )  # fmt: skip
    return listing_of(lines, columns, default_sort="-lacks", search=lambda line: search_key(line.name))


def _after(line: Line) -> str:
    return f"{number(line.meets_after)} ({'+' if line.more > 0 else ''}{number(line.more)})"
