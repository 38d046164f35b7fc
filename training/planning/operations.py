"""Write operations on plans, pins and bans, and starting and stopping a run."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _

from ..classes.models import TrainingClass
from ..core.audit import Actor, operation, utcnow
from ..core.db import db
from ..core.errors import Fault, Refused
from ..core.i18n import moment
from ..core.tasks import defer
from ..core.validation import Check, find
from ..needs.models import PLANNED, Need
from .checks import pins as pin_checks
from .checks.preflight import obstacles
from .models import OptimizerRun, Pin, PinKind, Plan, PlanState, RunStatus
from .need_sets import queries
from .need_sets.operations import copy_need_sets
from .scenarios.changes import not_adopted

_POINTS = (
    "value_mandatory",
    "value_standard",
    "value_expiring",
    "value_planned_title",
    "value_wish",
    "value_unit_step",
    "value_year_waiting",
    "most_years_waiting",
    "floor_penalty",
    "change_penalty",
    "max_changes",
    "max_changes_per_trainee",
    "seed",
    "target_gap",
)
LONGEST_RUN = 86_400  # seconds
MOST_POINTS = 1_000_000  # keeps every sum of points far within 64 bits


def save_plan(values: dict[str, Any], *, actor: Actor, row: Plan | None = None) -> Plan:
    """Add or change a plan; a round may have several (scenarios), of which one is published.

    Args:
        values: `code`, `name`, `description`, `round_id` (of a new plan), and the policy: `value_*`,
            `floor_percent`, `floor_penalty`, `change_penalty`, `max_changes`, `max_changes_per_trainee` in points
            and counts, `time_limit` in seconds, `seed`, `target_gap` in hundredths of one per cent.

    Raises:
        Refused: with every error; nothing was written. A published plan cannot be changed.
    """
    with operation(actor, "planning.save_plan"):
        check = Check(Plan, dict(values), row)
        check.columns()
        check.unique("code")
        check.not_negative(*_POINTS)
        for key in _POINTS:
            value = check.get(key)
            if isinstance(value, int) and value > MOST_POINTS and key != "seed":
                check.wrong(key, _("This number is too large."))
        percent, seconds = check.get("floor_percent"), check.get("time_limit")
        if isinstance(percent, int) and not 0 <= percent <= 100:
            check.wrong("floor_percent", _("Give a percentage between 0 and 100."))
        if isinstance(seconds, int) and not 1 <= seconds <= LONGEST_RUN:
            check.wrong("time_limit", _("Give between 1 and %(most)d seconds.", most=LONGEST_RUN))
        gap = check.get("target_gap")
        if isinstance(gap, int) and not 1 <= gap <= 10_000:
            check.wrong("target_gap", _("Give a percentage between 0 and 100."))
        if row is not None and row.state != PlanState.DRAFT:
            check.wrong("", _("A published plan does not change: make another scenario of its round."))
        if row is not None and check.changes("round_id"):
            check.wrong("round_id", _("A plan stays with its round."))
        check.stop_if_wrong()
        saved: Plan = check.write()
        return saved


def delete_plan(row: Plan, *, actor: Actor) -> None:
    """Delete a scenario with its pins, sets and runs.

    A plan in force cannot be deleted, nor one that was in force until that was undone: ended seats refer to it.
    """
    with operation(actor, "planning.delete_plan") as session:
        if row.state != PlanState.DRAFT:
            raise Refused(_("A published plan cannot be deleted."))
        active = active_run(row.id)
        if active is not None:
            raise Refused(_already_running(active))
        try:
            with session.begin_nested():
                session.delete(row)
        except sa.exc.IntegrityError as error:
            raise Refused(_("This plan was in force once: seats that ended name it, so it stays.")) from error


def save_pin(values: dict[str, Any], *, actor: Actor, row: Pin | None = None) -> Pin:
    """Pin a need to a class, or ban it from a class.

    Args:
        values: `plan_id`, `need_id`, `class_id`, `kind` ("pin" or "ban"), `ground` (why).

    Raises:
        Refused: among others if the class teaches another course, the need is pinned to another class, or the
            decision contradicts the others.
    """
    with operation(actor, "planning.save_pin"):
        check = Check(Pin, dict(values), row)
        check.columns()
        check.one_of("kind", PinKind)
        check.unique(
            "plan_id",
            "need_id",
            "class_id",
            message=_("This need is already pinned to, or banned from, this class."),
        )
        plan = find(Plan, check.get("plan_id")) if check.get("plan_id") else None
        need = find(Need, check.get("need_id")) if check.get("need_id") else None
        made = find(TrainingClass, check.get("class_id")) if check.get("class_id") else None
        if plan and plan.state != PlanState.DRAFT:
            check.wrong("", _("A published plan does not change: make another scenario of its round."))
        if plan and need and (need.round_id != plan.round_id or need.state not in PLANNED):
            check.wrong("need_id", _("This need is not registered in the plan's round."))
        if need and made and need.course_id != made.course_id:
            check.wrong("class_id", _("This class teaches another course than the one needed."))
        if plan and made and made.year != plan.round.year:
            check.wrong("class_id", _("This class belongs to another year than the plan."))
        if check.get("kind") == PinKind.PIN and plan and need and _pinned_elsewhere(check, plan, need):
            check.wrong("need_id", _("This need is already pinned to another class: remove that pin first."))
        check.stop_if_wrong()
        assert plan is not None
        decision = pin_checks.Decision(check.get("need_id"), check.get("class_id"), check.get("kind"))
        before = [] if row is None else [pin_checks.Decision(row.need_id, row.class_id, row.kind)]
        for sentence in pin_checks.new_contradictions(plan, decision, before):
            check.wrong("", sentence)
        check.stop_if_wrong()
        saved: Pin = check.write()
        return saved


def _pinned_elsewhere(check: Check[Any], plan: Plan, need: Need) -> bool:
    other = sa.select(Pin.id).where(
        Pin.plan_id == plan.id,
        Pin.need_id == need.id,
        Pin.kind == PinKind.PIN,
        Pin.class_id != (check.get("class_id") or 0),
    )
    if check.row is not None:
        other = other.where(Pin.id != check.row.id)
    return db.session.scalar(other.limit(1)) is not None


def delete_pin(row: Pin, *, actor: Actor) -> None:
    """Delete a pin or ban."""
    with operation(actor, "planning.delete_pin") as session:
        if row.plan.state != PlanState.DRAFT:
            raise Refused(_("A published plan does not change: make another scenario of its round."))
        session.delete(row)


# -- runs -------------------------------------------------------------------------------------------------------


def active_run(plan_id: int) -> OptimizerRun | None:
    """Return the queued or running run of the plan, if any."""
    return db.session.scalar(
        sa.select(OptimizerRun).where(
            OptimizerRun.plan_id == plan_id,
            OptimizerRun.status.in_([RunStatus.QUEUED, RunStatus.RUNNING]),
        )
    )


def _already_running(run: OptimizerRun) -> str:
    return str(
        _(
            "%(who)s already started the optimizer on this plan at %(when)s; its run is still going on.",
            who=run.requested_by,
            when=moment(run.requested_at),
        )
    )


def start_run(
    plan: Plan,
    *,
    actor: Actor,
    workers: int | None = None,
    time_limit: int | None = None,
    start: OptimizerRun | None = None,
) -> OptimizerRun:
    """Queue a run of the optimizer over the plan; the run and its job commit together.

    Args:
        workers: cores; default: the setting SOLVER_WORKERS.
        time_limit: seconds; default: the plan's.
        start: an earlier run of this plan, whose result it begins with. The plan's target gap then does not
            count: who goes on wants more than was reached.

    Raises:
        Refused: the plan is already being optimised (the message says by whom and since when; the database's
            unique index decides between simultaneous starts), or the optimizer could not use the data.
    """
    with operation(actor, "planning.start_run") as session:
        if plan.state != PlanState.DRAFT:
            raise Refused(_("This plan is published: make another scenario of its round to plan again."))
        faults = obstacles(plan)
        if faults:
            raise Refused(*(Fault("", obstacle.message) for obstacle in faults))
        run = OptimizerRun(
            plan_id=plan.id,
            status=RunStatus.QUEUED,
            requested_by=actor.actor_name,
            requested_at=utcnow(),
            parameters={
                "time_limit": time_limit or plan.time_limit,
                "workers": workers or current_app.config["SOLVER_WORKERS"],
                "seed": plan.seed if start is None else int(start.parameters.get("seed", plan.seed)) + 1,
                **({} if plan.target_gap is None or start else {"gap": plan.target_gap / 10_000}),
                **({} if start is None else {"start_run": start.id}),
            },
        )
        try:
            with session.begin_nested():
                session.add(run)
        except sa.exc.IntegrityError as error:
            if "uq_optimizer_run_active" not in str(error):
                raise
            other = active_run(plan.id)
            if other is None:  # it ended between the refusal and this query
                raise Refused(_("Another run of this plan has just ended. Please try again.")) from error
            raise Refused(_already_running(other)) from error
        defer("planning.run", run_id=run.id)
        return run


def go_on(run: OptimizerRun, *, actor: Actor, seconds: int) -> OptimizerRun:
    """Queue a run of the same plan that begins with the result of `run`.

    Its seed is the run's and one: with the same seed the search would look at the same places again.

    Raises:
        Refused: the run has no plan, or one that is proven to be the best; and as `start_run` does.
    """
    if "seats" not in run.summary or RunStatus(run.status).active:
        raise Refused(_("This run has no plan to go on from."))
    if run.status == RunStatus.OPTIMAL:
        raise Refused(_("This plan is proven to be the best: going on cannot better it."))
    return start_run(run.plan, actor=actor, time_limit=seconds, start=run)


def can_go_on(run: OptimizerRun) -> bool:
    """Whether `go_on` would be accepted, but for what other people do meanwhile."""
    better = "seats" in run.summary and run.status != RunStatus.OPTIMAL
    return better and run.plan.state == PlanState.DRAFT and active_run(run.plan_id) is None


def stop_run(run: OptimizerRun, *, actor: Actor) -> None:
    """Ask a run to end with the best plan found so far; a queued one ends at once.

    Raises:
        Refused: it has ended already.
    """
    with operation(actor, "planning.stop_run") as session:
        session.refresh(
            run, with_for_update={"of": OptimizerRun, "key_share": True}
        )  # result rows may be inserted meanwhile
        if not RunStatus(run.status).active:
            raise Refused(_("This run has already ended."))
        run.stop_requested = True
        if run.status == RunStatus.QUEUED:
            run.status = RunStatus.STOPPED
            run.finished_at = utcnow()
            run.message = _("Stopped before a worker began.")


def why_not_publishable(run: OptimizerRun) -> str | None:
    """Return why the run's plan cannot be published, in words; None if it can, and for a run without a plan.

    A plan in force is no obstacle: a later plan of its round replaces it.
    """
    plan = run.plan
    if "seats" not in run.summary:
        return None
    if plan.state == PlanState.PUBLISHED:
        if run.id == plan.published_run_id:
            return str(_("This plan is already published."))
        return str(_("Another result of this plan is published."))
    if plan.state == PlanState.REPLACED:
        return str(_("A later plan has taken this one's place: make another scenario of its round."))
    missing = not_adopted(run.changes)
    if missing:
        return str(
            _(
                "This result counts on changes that were not adopted: %(changes)s. Adopt them on the page of the "
                "plan.",
                changes="; ".join(one.words for one in missing),
            )
        )
    other = db.session.scalar(
        sa.select(Plan).where(Plan.round_id == plan.round_id, Plan.state == PlanState.PUBLISHED)
    )
    if other is not None and run.requested_at < (other.published_at or run.requested_at):
        return str(
            _("This run was made before “%(plan)s” was published: start the optimizer once more.", plan=other)
        )
    return None


def publishable(run: OptimizerRun) -> bool:
    """Whether the run has a plan that can be published now, or replace the one in force."""
    return "seats" in run.summary and run.plan.state == PlanState.DRAFT and why_not_publishable(run) is None


def mark_published(plan: Plan, run: OptimizerRun, *, actor: Actor) -> None:
    """Put the plan in force with that run's seats, replacing the one before.

    Called by `publish` of enrolments, which creates the seats.
    """
    with operation(actor, "planning.publish") as session:
        before = sa.select(Plan).where(Plan.round_id == plan.round_id, Plan.state == PlanState.PUBLISHED)
        for other in session.scalars(before):
            other.state = PlanState.REPLACED
            plan.replaces_id = other.id
        session.flush()  # one plan in force per round, at every moment
        plan.state = PlanState.PUBLISHED
        plan.published_run_id = run.id
        plan.published_at = utcnow()


def mark_unpublished(plan: Plan, *, actor: Actor) -> None:
    """Make the plan a draft again, with its runs, and put the plan that it replaced back in force.

    Called by `unpublish` of enrolments, which ends and restores the seats.
    """
    with operation(actor, "planning.unpublish") as session:
        plan.state = PlanState.DRAFT
        plan.published_run_id = plan.published_at = None
        session.flush()  # one plan in force per round, at every moment
        if plan.replaces_id is not None:
            session.get_one(Plan, plan.replaces_id).state = PlanState.PUBLISHED
            plan.replaces_id = None


def replan(plan: Plan, *, actor: Actor) -> Plan:
    """Return a scenario to change a plan in force: a copy of its policy, pins, bans and sets, under a new code.

    Its runs keep the seats in force as far as `max_changes`, `max_changes_per_trainee` and `change_penalty`
    require. An untouched earlier copy is returned instead of a new one.

    Raises:
        Refused: the plan is not in force.
    """
    with operation(actor, "planning.replan"):
        if plan.state != PlanState.PUBLISHED:
            raise Refused(_("Only a plan in force is changed in this way."))
        untouched = _untouched_change(plan)
        if untouched is not None:
            return untouched
        return copy_plan(plan, _("%(plan)s, change %(number)d"), actor=actor)


def copy_plan(plan: Plan, name: str, *, actor: Actor) -> Plan:
    """Return a new scenario with the policy, pins, bans and sets of a plan, under a new code. Within an operation.

    Args:
        name: of the copy, with the name (`plan`) and the number of the copy (`number`) to fill in.
    """
    taken = set(db.session.scalars(sa.select(Plan.code)))
    number_ = next(n for n in range(2, len(taken) + 3) if f"{plan.code[:34]}-{n}" not in taken)
    kept = [*_POINTS, "floor_percent", "time_limit", "round_id"]
    made = save_plan(
        {
            **{key: getattr(plan, key) for key in kept},
            "code": f"{plan.code[:34]}-{number_}",
            "name": (name % {"plan": plan.name, "number": number_ - 1})[:400],
        },
        actor=actor,
    )
    db.session.flush()
    for pin in db.session.scalars(sa.select(Pin).where(Pin.plan_id == plan.id).order_by(Pin.id)):
        db.session.add(
            Pin(plan_id=made.id, need_id=pin.need_id, class_id=pin.class_id, kind=pin.kind, ground=pin.ground)
        )
    copy_need_sets(plan, made)
    return made


def _untouched_change(plan: Plan) -> Plan | None:
    """Return an untouched copy made by `replan`: never edited, never run, with the same decisions as the plan."""
    decided = [Pin.need_id, Pin.class_id, Pin.kind]
    of_plan = set(db.session.execute(sa.select(*decided).where(Pin.plan_id == plan.id)))
    drafts = db.session.scalars(
        sa.select(Plan)
        .where(
            Plan.round_id == plan.round_id,
            Plan.state == PlanState.DRAFT,
            Plan.code.startswith(f"{plan.code[:34]}-", autoescape=True),
            Plan.version == 1,
            ~sa.exists().where(OptimizerRun.plan_id == Plan.id),
            *(getattr(Plan, key) == getattr(plan, key) for key in (*_POINTS, "floor_percent", "time_limit")),
        )
        .order_by(Plan.id)
    )
    for draft in drafts:
        pins = set(db.session.execute(sa.select(*decided).where(Pin.plan_id == draft.id)))
        if pins == of_plan and queries.decided_alike(plan, draft):
            return draft
    return None
