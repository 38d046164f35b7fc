"""Papers for everyone of a plan or a class, issued in the background in chunks.

A chunk is one transaction: numbers, papers, progress. A worker that is killed loses only its chunk; the numbers
are rolled back with it. The next run begins with the first seat that has no paper yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import joinedload

from ..accounts.models import User
from ..classes.models import TrainingClass
from ..core.access import HOSTS, Scope
from ..core.audit import Actor, operation, utcnow
from ..core.chunked_jobs import ACTIVE, WorkState, work_through
from ..core.db import db
from ..core.errors import Refused
from ..core.tasks import defer
from ..enrolments.models import Enrolment, EnrolmentState
from ..enrolments.publishing.publish import mark_told
from ..needs.models import Need
from ..people.models import Employee
from ..planning.models import Plan
from ..results.models import Certificate
from . import numbering, outdated
from .models import Document, DocumentState, Paper, PaperBatch
from .operations import Terms, filling_in_use, filling_of, make, refuse_terms, replace
from .papers.plan import plan_in_force
from .papers.results import certificate_subjects
from .papers.subjects import DEFAULT_HOUR, LANGUAGE, Subject, open_class, seats_with_all, summonses
from .word_templates.filling import Filling
from .word_templates.own_template import OwnTemplate

CHUNK = 100


def pending(kind: Paper, *, plan: Plan | None, class_id: int | None) -> sa.Select[int]:
    """Return the ids of the seats without a valid paper of that kind in force, class by class, people in
    Vietnamese order."""
    statement = (
        sa.select(Enrolment.id)
        .join(Enrolment.training_class)
        .join(Enrolment.employee)
        .where(Enrolment.state == EnrolmentState.ENROLLED, ~outdated.right(kind))
        .order_by(TrainingClass.code, Employee.sort_key, Enrolment.id)
    )
    if kind is Paper.CERTIFICATE:
        issued = sa.exists().where(Certificate.enrolment_id == Enrolment.id, Certificate.cancelled_at.is_(None))
        statement = statement.where(issued)
    if plan is not None:
        statement = statement.join(Enrolment.need).where(Need.round_id == plan.round_id)
    if class_id is not None:
        statement = statement.where(Enrolment.class_id == class_id)
    return statement


def count_pending(kind: Paper, *, plan: Plan | None, class_id: int | None) -> int:
    found = pending(kind, plan=plan, class_id=class_id).order_by(None).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def seats_pending(kind: Paper, *, class_id: int) -> set[int]:
    """Return the seats of a class for which a batch would issue papers."""
    return set(db.session.scalars(pending(kind, plan=None, class_id=class_id).order_by(None)))


def ask(kind: Paper, terms: Terms, *, plan_id: int | None = None, class_id: int | None = None, user: User,
        scope: Scope) -> PaperBatch:  # fmt: skip
    """Request papers for all who have none yet.

    Args:
        kind: summons or certificate.
        plan_id, class_id: the plan or the class; one of them.

    Raises:
        Refused: with every fault, or there is nobody left; nothing was written.
    """
    with operation(user, "documents.request_batch") as session:
        if kind is not Paper.CERTIFICATE:  # its entries name the signer
            refuse_terms(terms)
        plan = plan_in_force(plan_id) if plan_id is not None else None
        if class_id is not None:
            host_id = open_class(class_id).training_class.host_id
            if not scope.everything and host_id not in scope.host_ids:
                raise Refused(_("This is a class of another host."))
        elif not scope.everything:
            raise Refused(_("Papers of a whole plan are the planners' to issue."))
        _refuse_second(kind, plan_id, class_id)
        total = count_pending(kind, plan=plan, class_id=class_id)
        if not total:
            raise Refused(_("Everybody has this paper already."))
        made = PaperBatch(
            kind=kind,
            plan_id=plan_id,
            class_id=class_id,
            issuer_id=terms.issuer.id,
            signer_id=terms.signer.id,
            template_id=filling_in_use(kind)[1],
            issued_on=terms.issued_on,
            details={"grounds": list(terms.grounds), **(terms.details or {})},
            user_id=user.id,
            total=total,
        )
        session.add(made)
        session.flush()
        defer("documents.batch", batch_id=made.id)
        return made


def _refuse_second(kind: str, plan_id: int | None, class_id: int | None) -> None:
    """Refuse a second batch of the same papers: each would take seats that the other is issuing for, and fail."""
    # One lock for requests at the same moment: the second sees the first's batch.
    db.session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('documents.batch'))"))
    running = db.session.scalar(
        sa.select(PaperBatch.id).where(
            PaperBatch.kind == kind,
            PaperBatch.plan_id.is_not_distinct_from(plan_id),
            PaperBatch.class_id.is_not_distinct_from(class_id),
            PaperBatch.state.in_(ACTIVE),
        )
    )
    if running is not None:
        raise Refused(_("These papers are being issued already."))


def stop(batch: PaperBatch, *, actor: Actor) -> None:
    """Stop after the current chunk; papers that are issued stay issued."""
    with operation(actor, "documents.stop_batch"):
        db.session.refresh(batch, with_for_update={"of": PaperBatch})
        if batch.state == WorkState.QUEUED:
            batch.state, batch.finished_at = WorkState.STOPPED, utcnow()
        elif batch.state == WorkState.WORKING:
            batch.state = WorkState.STOPPING


def go_on(batch: PaperBatch, *, actor: Actor) -> None:
    """Continue a stopped or failed batch where it ended."""
    with operation(actor, "documents.start_batch"):
        db.session.refresh(batch, with_for_update={"of": PaperBatch})
        if WorkState(batch.state).active or batch.state == WorkState.READY:
            raise Refused(_("This batch is not stopped."))
        _refuse_second(batch.kind, batch.plan_id, batch.class_id)
        batch.state, batch.message, batch.finished_at = WorkState.QUEUED, None, None
        db.session.flush()
        defer("documents.batch", batch_id=batch.id)


def fail(batch_id: int, message: str) -> None:
    batch = db.session.get(PaperBatch, batch_id)
    if batch is not None and WorkState(batch.state).active:
        with operation(_user(batch), "documents.run_batch"):
            batch.state, batch.message, batch.finished_at = WorkState.FAILED, message, utcnow()


def _user(batch: PaperBatch) -> User:
    return db.session.get_one(User, batch.user_id)


class BatchRun:
    """One worker's run of a batch; it keeps the template from chunk to chunk."""

    def __init__(self, batch_id: int) -> None:
        self.batch_id = batch_id
        self._filling: Filling | OwnTemplate | None = None

    def step(self) -> bool:
        """Issue the next chunk in the session's transaction; False: the batch is complete.

        Raises:
            Refused: the person who requested it may no longer issue papers, or the template cannot be filled.
        """
        batch = db.session.get(PaperBatch, self.batch_id, with_for_update={"of": PaperBatch})
        if batch is None or not WorkState(batch.state).active:
            return False
        user = _user(batch)
        with operation(user, "documents.run_batch"), force_locale(LANGUAGE):
            if batch.state == WorkState.STOPPING:
                batch.state, batch.finished_at = WorkState.STOPPED, utcnow()
                return False
            if not user.active or not (user.role_set & HOSTS):
                raise Refused(_("Whoever asked for these papers may not issue them any more."))
            batch.state = WorkState.WORKING
            issued = self._chunk(batch, user)
            if not issued:
                batch.state, batch.finished_at = WorkState.READY, utcnow()
            batch.done += issued
            return bool(issued)

    def _chunk(self, batch: PaperBatch, user: User) -> int:
        kind = Paper(batch.kind)
        wanted = list(db.session.scalars(pending(kind, plan=batch.plan, class_id=batch.class_id).limit(CHUNK)))
        if not wanted:
            return 0
        held = sa.select(Enrolment.id).where(Enrolment.id.in_(wanted), Enrolment.state == EnrolmentState.ENROLLED)
        alive = set(db.session.scalars(held.order_by(Enrolment.id).with_for_update(read=True, of=Enrolment)))
        if kind is Paper.SUMMONS:  # lock the plan last, in the same order as changes of seats
            plans = sa.select(Enrolment.plan_id).distinct().where(Enrolment.id.in_(alive))
            for plan_id in sorted(db.session.scalars(plans)):
                mark_told(plan_id, actor=user)
        subjects = self._subjects(kind, [seat_id for seat_id in wanted if seat_id in alive], batch)
        if self._filling is None:
            self._filling = filling_of(kind, batch.template_id)
        details = {key: value for key, value in batch.details.items() if key != "grounds"}
        terms = Terms(
            batch.issuer, batch.signer, batch.issued_on, tuple(batch.details.get("grounds", ())), details
        )
        numbers: Sequence[int | None] = [None] * len(subjects)
        if kind.symbol:
            numbers = numbering.take(batch.issuer_id, kind, batch.issued_on.year, len(subjects))
        letters = sa.select(Document).where(
            Document.kind == kind, Document.enrolment_id.in_(alive), Document.state == DocumentState.ISSUED
        )
        old = {row.enrolment_id: row for row in db.session.scalars(letters.with_for_update())}
        for subject, number in zip(subjects, numbers, strict=True):
            before = old.get(subject.enrolment_id)
            paper = make(kind, subject, terms, self._filling, batch.template_id, number, before)
            paper.batch_id = batch.id
            if before is not None:
                moved = _("The class was moved to other days or another place.")
                replace(before, paper, _("The register says otherwise.") if kind is Paper.CERTIFICATE else moved)
            else:
                db.session.add(paper)
        # A seat that was lost between reading and locking is no longer pending: the next chunk continues without
        # it.
        return len(subjects) or len(wanted)

    def _subjects(self, kind: Paper, seat_ids: list[int], batch: PaperBatch) -> list[Subject]:
        if kind is Paper.CERTIFICATE:
            return certificate_subjects(seat_ids)
        seats = seats_with_all(seat_ids)
        return summonses([seats[i] for i in seat_ids], batch.details.get("gio_co_mat") or DEFAULT_HOUR)


def work(batch_id: int, *, after: Callable[[], None] | None = None) -> None:
    """Issue all papers, with a commit for each chunk; the entry point of the job.

    Args:
        after: called after each commit (tests).
    """
    work_through(BatchRun(batch_id).step, lambda message: fail(batch_id, message), after=after)


def batch_of(batch_id: int, scope: Scope) -> PaperBatch | None:
    """Return a batch that is visible in `scope`: all for planners, those of their classes for hosts."""
    found = db.session.scalar(
        sa.select(PaperBatch)
        .where(PaperBatch.id == batch_id)
        .options(
            joinedload(PaperBatch.plan),
            joinedload(PaperBatch.training_class),
            joinedload(PaperBatch.issuer),
            joinedload(PaperBatch.signer),
        )
    )
    if found is None or scope.everything:
        return found
    made = found.training_class
    return found if made is not None and made.host_id in scope.host_ids else None
