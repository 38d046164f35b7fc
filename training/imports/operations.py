"""Uploads: previewed with every fault, then applied as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from ..core.access import Scope
from ..core.audit import SYSTEM, Actor, memo, operation, record, utcnow
from ..core.db import db, rare_collections
from ..core.errors import Fault, Refused
from ..core.tasks import defer
from ..files.confined import Abandoned
from ..needs.approval.approvers import chained_rounds
from .comparing import FileComparison, compare
from .kinds.all_kinds import BY_NAME, ORDER, label, lookup_ids, sheets_of
from .models import BatchStatus, ImportBatch
from .queries import is_wanted
from .questions import answered, answers_given
from .reading.rows import Reading, Remark, read_file
from .reading.workbook import Unreadable
from .saving import DatabaseRefused, Saving, remember
from .summary import summarise

# The system may see and write everything.
EVERYTHING = Scope(everything=True, sensitive=True)
_OPEN = (BatchStatus.QUEUED, BatchStatus.READING, BatchStatus.READY, BatchStatus.APPLYING)
KEPT = timedelta(days=7)  # how long an upload waits for its uploader
_TOLD_EVERY = 0.5  # seconds between two reports of progress


def upload(
    kind: str,
    filename: str,
    content: bytes,
    *,
    actor: Actor,
    context: Mapping[str, Any] | None = None,
    corrects: ImportBatch | None = None,
    queue: bool = True,
) -> ImportBatch:
    """Store an uploaded file.

    Args:
        kind: one of `all_kinds.BY_NAME`, or `all_kinds.WORKBOOK`.
        filename, content: the file.
        context: choices beside the file, such as {"round": code of the round} for needs.
        corrects: the upload that this one replaces; its answers are taken over.
        queue: let a worker preview it; otherwise the caller does.

    Raises:
        Refused: there is no such import, or the file is empty.
    """
    try:
        sheets_of(kind)
    except KeyError:
        raise Refused(Fault("kind", _("There is no such import."))) from None
    if not content:
        raise Refused(Fault("file", _("The file is empty.")))
    with operation(actor, "imports.upload") as session:
        earlier = answered(corrects.preview.get("questions", ())) if corrects is not None else {}
        batch = ImportBatch(
            kind=kind,
            context={**(context or {}), **({"earlier": earlier} if earlier else {})},
            filename=filename.replace("\\", "/").rsplit("/", 1)[-1][:255] or "?",
            content=content,
            user_id=actor.actor_id,
            status=BatchStatus.QUEUED,
        )
        session.add(batch)
        session.flush()
        if queue:
            defer("imports.preview", lock=_preview_lock(batch), batch_id=batch.id)
    return batch


def _preview_lock(batch: ImportBatch) -> str:
    """Return the lock of an account: its previews run one after another. Previews of different accounts do not
    wait for each other, because a preview writes nothing."""
    return f"imports.preview:{batch.user_id}"


def preview(batch: ImportBatch, *, actor: Actor, scope: Scope = EVERYTHING) -> ImportBatch:
    """Read the file, compare it and try to save it; only the preview is written.

    Everything is saved by the same operations as later, inside a savepoint that is rolled back, and their refusals
    are shown in the preview. A second preview of the same upload starts again.

    Args:
        batch: the upload.
        actor: in whose name it is tried.
        scope: the rows that the actor may see and write.

    Raises:
        Abandoned: the upload was discarded meanwhile.
    """
    if batch.content is None or (batch.status not in _OPEN and batch.status != BatchStatus.FAULTY):
        return batch
    attempt = _Attempt(batch, actor, scope, trial=True)
    attempt.run()
    db.session.refresh(batch, ["status"], with_for_update=True)
    if batch.status == BatchStatus.DISCARDED:
        return batch
    batch.preview = attempt.preview
    batch.status = BatchStatus.FAULTY if attempt.faulty else BatchStatus.READY
    if attempt.faulty and not batch.preview["questions"]:
        batch.content = None  # only another file helps, and personal data is not kept longer than needed
    batch.message = None
    batch.rows_total = attempt.total
    batch.rows_done = attempt.total
    db.session.flush()
    return batch


def request_apply(batch: ImportBatch, *, actor: Actor, overwrite: bool = False) -> None:
    """Let a worker apply a previewed upload.

    Args:
        overwrite: also overwrite manual changes since the last import, as shown in the preview.

    Raises:
        Refused: it is not ready, another user was quicker, or a question about the file is open.
    """
    if any(question["answer"] is None for question in batch.preview.get("questions", ())):
        raise Refused(_("Something about the file must be decided first: choose below, then look at the preview."))
    with operation(actor, "imports.request_apply") as session:
        statement = (
            sa.update(ImportBatch)
            .where(ImportBatch.id == batch.id, ImportBatch.status == BatchStatus.READY)
            .values(status=BatchStatus.APPLYING, overwrite=overwrite, rows_done=0)
        )
        if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult
            raise Refused(_("This import cannot be applied: it is not ready, or already under way."))
        session.refresh(batch)
        defer("imports.apply", lock="imports", batch_id=batch.id)


def apply(
    batch: ImportBatch, *, actor: Actor, scope: Scope = EVERYTHING, overwrite: bool | None = None
) -> ImportBatch:
    """Write the file's rows, all or none.

    Everything is read and compared again. If this finds a fault, nothing is written and the upload is faulty. If
    it finds a manual change that the preview did not show, nothing is written and the new preview waits for the
    user. An upload that was never previewed keeps all manual changes.

    Args:
        batch: the upload; one that is applied already stays unchanged.
        actor, scope: see `preview`.
        overwrite: replace manual changes that were shown; None: as requested with `request_apply`.
    """
    if batch.status not in _OPEN:
        return batch
    shown = batch.preview.get("seal") if batch.preview else None
    asked = batch.overwrite if overwrite is None else overwrite
    attempt = _Attempt(batch, actor, scope, trial=False, overwrite=asked, shown=shown)
    attempt.run()
    batch.preview = attempt.preview
    batch.rows_total = batch.rows_done = attempt.total
    if attempt.faulty:
        batch.status = BatchStatus.FAULTY
        batch.content = None
        batch.message = _("Nothing was written: faults came up when it was applied.")
    elif attempt.undecided:
        batch.status = BatchStatus.READY
        batch.message = _("Nothing was written: something about the file must be decided first.")
    elif attempt.unseen:
        batch.status = BatchStatus.READY
        batch.message = _("Nothing was written: something was changed by hand in the meantime. Look again.")
    else:
        batch.status = BatchStatus.APPLIED
        batch.message = None
        batch.content = None  # personal data is not kept longer than needed
        batch.finished_at = datetime.now(UTC)
    db.session.flush()
    return batch


def answer(batch: ImportBatch, form: Mapping[str, str], *, actor: Actor) -> None:
    """Store the answers to the questions of a preview, and let a worker preview the file again with them.

    Raises:
        Refused: a question is left open, or the upload does not wait for answers.
    """
    with operation(actor, "imports.answer") as session:
        session.refresh(batch, ["status", "preview", "context"], with_for_update=True)
        if batch.status not in (BatchStatus.READY, BatchStatus.FAULTY) or batch.content is None:
            raise Refused(_("This import cannot be applied: it is not ready, or already under way."))
        questions = batch.preview.get("questions", [])
        given = answers_given(questions, form)
        if any(question["key"] not in given for question in questions):
            raise Refused(_("Choose an answer to each question."))
        batch.context = {**batch.context, "answers": {**batch.context.get("answers", {}), **given}}
        batch.status = BatchStatus.QUEUED
        session.flush()
        defer("imports.preview", lock=_preview_lock(batch), batch_id=batch.id)


def import_now(
    kind: str,
    filename: str,
    content: bytes,
    *,
    actor: Actor,
    scope: Scope = EVERYTHING,
    context: Mapping[str, Any] | None = None,
    answers: Mapping[str, str] | None = None,
) -> ImportBatch:
    """Upload and apply in one step (command line, demo); manual changes are kept.

    Args:
        answers: to the questions about the file, by key (`questions.FileQuestion`).

    Raises:
        Refused: with every fault; nothing was written.
    """
    chosen = {**(context or {}), **({"answers": dict(answers)} if answers else {})}
    batch = upload(kind, filename, content, actor=actor, context=chosen, queue=False)
    apply(batch, actor=actor, scope=scope)
    if batch.status != BatchStatus.APPLIED:
        told = [*batch.preview["faults"], *(q for q in batch.preview["questions"] if q["answer"] is None)]
        raise Refused(*(Fault(one["place"], _with_name(one)) for one in told))
    return batch


def _with_name(told: Mapping[str, Any]) -> str:
    return f"{told['who']}: {told['message']}" if told.get("who") else str(told["message"])


def discard(batch: ImportBatch, *, actor: Actor) -> None:
    """Discard an upload without writing its rows.

    Raises:
        Refused: it is being applied, or was applied.
    """
    with operation(actor, "imports.discard") as session:
        statement = (
            sa.update(ImportBatch)
            .where(
                ImportBatch.id == batch.id,
                ImportBatch.status.not_in([BatchStatus.APPLYING, BatchStatus.APPLIED, BatchStatus.DISCARDED]),
            )
            .values(status=BatchStatus.DISCARDED, content=None, preview={}, finished_at=datetime.now(UTC))
        )
        if session.execute(statement).rowcount != 1:  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult
            raise Refused(_("This import cannot be discarded any more."))
        session.refresh(batch)
        record(actor, "imports.discard", "import_batch", batch.id, batch.filename, {"kind": batch.kind})


def forget() -> int:
    """Delete the uploads, including class lists, that nobody has decided about for `KEPT`.

    Returns:
        how many.
    """
    waiting = (BatchStatus.READY, BatchStatus.FAULTY, BatchStatus.FAILED)
    with operation(SYSTEM, "imports.forget") as session:
        statement = (
            sa.update(ImportBatch)
            .where(ImportBatch.status.in_(waiting), ImportBatch.created_at < utcnow() - KEPT)
            .values(status=BatchStatus.DISCARDED, content=None, preview={}, finished_at=utcnow())
        )
        return int(session.execute(statement).rowcount)  # type: ignore[attr-defined]  # the stubs say Result; DML gives a CursorResult


def note_export(kind: str, *, actor: Actor, sensitive: bool) -> None:
    """Record in the audit log that rows were exported to a file, and which columns of sensitive personal data."""
    columns = [column.header for sheet in sheets_of(kind) for column in sheet.columns if column.sensitive]
    told = {"columns": columns} if sensitive and columns else {}
    record(actor, "imports.export", "employee", "*", label(kind), told)


def fail(batch: ImportBatch, message: str) -> None:
    """Mark an upload whose processing failed by an internal error; nothing of it was written."""
    batch.status = BatchStatus.FAILED
    batch.content = None
    batch.message = message
    batch.finished_at = datetime.now(UTC)
    db.session.flush()


class _Attempt:
    """One attempt at reading, comparing and saving an upload. The session is left unchanged unless everything
    succeeded and it was no trial."""

    def __init__(
        self,
        batch: ImportBatch,
        actor: Actor,
        scope: Scope,
        *,
        trial: bool,
        overwrite: bool = False,
        shown: str | None = None,
    ) -> None:
        self.batch = batch
        self.context = {**batch.context, "chained_rounds": chained_rounds()}
        self.actor = actor
        self.scope = scope
        self.trial = trial
        self.overwrite = overwrite
        self.shown = shown
        self.reading = Reading()
        self.comparison = FileComparison()
        self.total = 0
        self.unseen = False
        self.undecided = False
        self.preview: dict[str, Any] = {}
        self._told = 0.0

    @property
    def faulty(self) -> bool:
        return bool(self.reading.faults)

    def run(self) -> None:
        """
        1. Read all sheets. 2. Compare. 3. Save within a savepoint. 4. Keep it, or roll it back.
        """
        with rare_collections():
            self._run()

    def _run(self) -> None:
        batch = self.batch
        content = batch.content
        assert content is not None, "an upload that is open has its file"
        try:
            self.reading = read_file(
                batch.filename,
                content,
                sheets_of(batch.kind),
                ORDER,
                context=self.context,
                sensitive=self.scope.sensitive,
                answers=batch.context.get("answers"),
                earlier=batch.context.get("earlier"),
                wanted=lambda: is_wanted(batch.id),
            )
        except Unreadable as unreadable:
            self.reading.faults.append(Remark(batch.filename, "", str(unreadable)))
        self.total = self.reading.rows()
        with operation(self.actor, f"imports.{batch.kind}") as session, session.no_autoflush:
            savepoint = session.begin_nested()
            try:
                self._compare_and_save()
            except DatabaseRefused:
                kept = False
            else:
                kept = not (self.trial or self.faulty or self.unseen or self.undecided)
            if kept:
                savepoint.commit()
            else:
                savepoint.rollback()
                memo().clear()  # it refers to rows that were rolled back
        self.preview.update(summarise(self.reading, self.comparison, self.scope))

    def _compare_and_save(self) -> None:
        self.comparison = compare(
            self.reading, BY_NAME, scope=self.scope, context=self.context, lookup_ids=lookup_ids
        )
        seal = _seal(self.comparison)
        self.preview["seal"] = seal
        if not self.trial and self.reading.questions.open():
            self.undecided = True
            return
        if self.overwrite and not self.trial:
            self.unseen = seal != self.shown
            for step in self.comparison.all() if not self.unseen else ():
                step.changes.update({name: step.line.values[name] for name in step.hand_made})
                step.hand_made.clear()
        if self.unseen:
            return
        Saving(
            self.reading,
            self.comparison,
            ORDER,
            actor=self.actor,
            scope=self.scope,
            trial=self.trial,
            progress=self._progress,
        ).run()
        if not self.trial and not self.faulty:
            remember(self.comparison)
            if not any(step.existing is None or step.changes for step in self.comparison.all()):
                return  # the same file twice leaves no trace
            record(
                self.actor,
                "imports.apply",
                "import_batch",
                self.batch.id,
                f"{label(self.batch.kind)}: {self.batch.filename}",
                {"rows": self.total},
            )

    def _progress(self, done: int) -> None:
        """Abandon an upload that was discarded, else report progress on a separate connection, because this
        transaction commits only at the end. An upload that this transaction created or changed cannot be reported
        on; nobody sees it yet."""
        now = time.monotonic()
        if now - self._told < _TOLD_EVERY:
            return
        self._told = now
        if not is_wanted(self.batch.id):
            raise Abandoned
        waiting = (
            sa.select(ImportBatch.id).where(ImportBatch.id == self.batch.id).with_for_update(skip_locked=True)
        )
        with db.engine.begin() as connection:
            connection.execute(
                sa.update(ImportBatch)
                .where(ImportBatch.id.in_(waiting))
                .values(rows_done=done, rows_total=self.total)
            )


def _seal(comparison: FileComparison) -> str:
    """Return a hash of the manual changes, which shows whether a preview showed the same ones."""
    shown = sorted(
        (step.sheet.kind.name, step.line.key, name, json.dumps([present, step.line.values[name]], sort_keys=True))
        for step in comparison.all()
        for name, (_last, present) in step.hand_made.items()
    )
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()
