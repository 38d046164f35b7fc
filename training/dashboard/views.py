"""The first page of each role."""

from flask import Blueprint, render_template
from flask_login import current_user

from ..core.access import (
    APPROVERS,
    CATALOGUE_EDITORS,
    EVERYBODY,
    LEADERS,
    READERS,
    TRAINEES,
    Role,
    allow,
    current_roles,
    current_scope,
)
from ..core.i18n import today
from ..gaps.reports import standard_share
from ..labels.records import entity_label
from ..messages.outbox import text_of, unread
from ..needs import outcomes
from ..needs.approval.approvers import hands_of, waiting_for
from ..needs.approval.coverage import stuck_needs
from ..needs.models import NeedState, Priority
from ..needs.queries import needs_of_person, waiting_lines
from ..planning.models import PlanState
from ..results.blueprint import book_scope
from ..results.books.progress import next_steps
from . import queries

bp = Blueprint("dashboard", __name__)

_FOLLOW_ROUNDS = READERS - {Role.ADMINISTRATOR}
_ANSWER_FOR_STANDARD = LEADERS | {Role.UNIT_OFFICER}
_OFFICERS = frozenset({Role.UNIT_OFFICER})


@bp.get("/")
@allow(EVERYBODY)
def home() -> str:
    """Show one block for each role of the reader; nothing is read for the others."""
    roles, day = current_roles(), today()
    planner = Role.PLANNER in roles
    answers_for = current_scope(_ANSWER_FOR_STANDARD) if roles & _ANSWER_FOR_STANDARD else None
    rounds = queries.round_cards(current_scope(_FOLLOW_ROUNDS), day) if roles & _FOLLOW_ROUNDS else []
    trainee = current_scope(TRAINEES).employee_id if Role.TRAINEE in roles else None
    needs = needs_of_person(trainee) if trainee else []
    needs = [need for need in needs if need.round_id == needs[0].round_id]
    return render_template(
        "dashboard/home.html",
        roles=roles,
        rounds=rounds,
        notices=[(notice, text_of(notice)) for notice in unread(current_user.id)],
        waiting=waiting_lines(waiting_for(hands_of(current_user))) if roles & READERS else [],
        approves=bool(roles & APPROVERS),
        stuck=len(stuck_needs(current_scope(CATALOGUE_EDITORS))) if roles & CATALOGUE_EDITORS else 0,
        today=day,
        money=queries.money_card() if roles & (LEADERS | {Role.FINANCE}) else None,
        standard=standard_share(day, answers_for) if answers_for else None,
        outlook=queries.standard_outlook(day, current_scope(LEADERS)) if roles & LEADERS else None,
        seats=queries.seat_cards(current_scope(_OFFICERS)) if Role.UNIT_OFFICER in roles else [],
        steps=next_steps(book_scope()) if Role.HOST in roles else [],
        plans=queries.plan_lines() if planner else [],
        demand=queries.demand(rounds[0].round) if planner and rounds else None,
        coming=queries.coming_seats(trainee, day) if trainee else [],
        needs=needs,
        became=outcomes.ends([need.id for need in needs]),
        priorities=Priority,
        need_state=NeedState,
        plan_state=PlanState,
        figures=queries.figures() if Role.ADMINISTRATOR in roles else None,
        entity_label=entity_label,
    )
