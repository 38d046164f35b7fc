"""The upload of a filled-in class list: read by a worker, kept until it is confirmed, then written as a whole or
not at all, by the same operations that the forms use.

A request reads no file. The worker reads the list once, in a child process, and stores the rows in place of the
file. Confirming is therefore fast: it only compares rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from ...core.access import Scope
from ...core.audit import Actor, operation, record, utcnow
from ...core.db import db
from ...core.errors import Fault, Refused
from ...core.tasks import defer
from ...enrolments.models import OpenClass
from ...files.confined import KeptByOlderRelease, kept, loaded
from ...results import queries
from ...results.books.half_days import parse_key
from ...results.books.locking import hold
from ...results.books.roll_call import Mark, save_marks
from ...results.books.score_entry import save_scores
from ...results.models import BookState, MarkKind
from ..models import CLASS_SHEET, BatchStatus, ImportBatch
from ..queries import is_wanted
from ..reading.rows import Remark
from ..reading.workbook import CLASSES, Sheet, Unreadable
from .sheets import FileEffect, look, read_list

MOST_BYTES = 2 * 2**20
_Read = tuple[Sheet, list[str], list[str]]  # as returned by `read_list`
_UNDECIDED = (BatchStatus.QUEUED, BatchStatus.READING, BatchStatus.READY, BatchStatus.FAULTY)


def take(opened: OpenClass, filename: str, content: bytes, *, actor: Actor) -> ImportBatch:
    """Store a filled-in list until it is confirmed; it replaces an earlier one of the same person.

    Raises:
        Refused: it is too large, or the results are entered.
    """
    if len(content) > MOST_BYTES:
        most = MOST_BYTES // 2**20
        raise Refused(Fault("file", _("The list of a class has at most %(most)d MB.", most=most)))
    with operation(actor, "imports.class_sheet_upload") as session:
        hold(opened.class_id, BookState.RUNNING, shared=True)
        context = {"class": opened.class_id}
        earlier = sa.select(ImportBatch).where(
            ImportBatch.kind == CLASS_SHEET,
            ImportBatch.user_id == actor.actor_id,
            ImportBatch.context == context,
            ImportBatch.status.in_(
                [BatchStatus.QUEUED, BatchStatus.READING, BatchStatus.READY, BatchStatus.FAULTY]
            ),
        )
        for batch in session.scalars(earlier.with_for_update()):
            batch.status, batch.content, batch.preview = BatchStatus.DISCARDED, None, {}
        batch = ImportBatch(
            kind=CLASS_SHEET,
            context=context,
            filename=filename.replace("\\", "/").rsplit("/", 1)[-1][:255] or "?",
            content=content,
            user_id=actor.actor_id,
        )
        session.add(batch)
        session.flush()
        defer("imports.class_sheet", lock=f"imports.preview:{batch.user_id}", batch_id=batch.id)
    return batch


def preview(batch: ImportBatch, *, actor: Actor, scope: Scope) -> None:
    """Read a list and compare it with the class; only the preview is written.

    Args:
        scope: the classes that the actor keeps.

    Raises:
        Refused: the class is no longer the actor's.
        Abandoned: another list was sent, or this one discarded, meanwhile.
    """
    opened = queries.opened(batch.context["class"], scope)
    if opened is None:
        raise Refused(_("The account that uploaded the file may not do this any more."))
    assert batch.content is not None, "a list that waits has its file"
    read: _Read | None = None
    try:
        read = read_list(batch.filename, batch.content, lambda: is_wanted(batch.id))
    except Unreadable as unreadable:
        found = FileEffect(faults=[Remark(batch.filename, "", str(unreadable))])
    else:
        found = look(opened, *read)
    db.session.refresh(batch, ["status"], with_for_update=True)
    if batch.status == BatchStatus.DISCARDED:
        return
    _keep(batch, found, read)
    db.session.flush()


def readable(batch: ImportBatch) -> _Read:
    """Return the rows of a list that waits to be confirmed.

    Raises:
        Refused: an older release read it and stored it in another shape.
    """
    try:
        read: _Read = loaded(batch.content or b"", _Read, CLASSES)
    except KeptByOlderRelease:
        told = _(
            "The software was updated after the file was read. Nothing was written: please send the file again."
        )
        raise Refused(told) from None
    return read


def _keep(batch: ImportBatch, found: FileEffect, read: _Read | None) -> None:
    batch.preview = found.preview()
    batch.status = BatchStatus.FAULTY if found.faults else BatchStatus.READY
    batch.content = (
        None if found.faults else kept(read, _Read, CLASSES)
    )  # personal data is not kept longer than needed


def apply(
    batch: ImportBatch,
    opened: OpenClass,
    *,
    overwrite: bool,
    actor: Actor,
    scope: Scope,
    answers: Mapping[str, str] | None = None,
) -> int | None:
    """Write a previewed list, all or nothing. It is compared again under the exclusive lock of the book.

    Args:
        overwrite: also write values that another user changed since the download, as shown in the preview.
        scope: the classes that the actor keeps.
        answers: to the questions of the preview about the file, by key.

    Returns:
        how many values changed; None: none, because the effect is no longer the one that was shown. The user must
        see the new preview.

    Raises:
        Refused: it is not ready, an older release read it, the results are entered, or the operations of the forms
            refuse a value.
    """
    with operation(actor, "imports.class_sheet") as session:
        hold(opened.class_id, BookState.RUNNING)
        session.refresh(batch, ["status", "content", "preview"], with_for_update=True)
        if batch.status != BatchStatus.READY or batch.content is None:
            raise Refused(_("This import cannot be applied: it is not ready, or already under way."))
        read = readable(batch)
        found = look(opened, *read)
        if found.preview() != batch.preview:
            _keep(batch, found, read)
            return None
        if found.questions.asked:
            found = look(opened, *read, answers=answers)
            if found.questions.open():
                raise Refused(_("Choose an answer to each question."))
        chosen = [one for one in found.changes if overwrite or not one.others]
        scores: dict[int, dict[int, Decimal | None]] = {}
        marks = []
        for one in chosen:
            if one.field.startswith("t"):
                value = Decimal(one.value) if one.value is not None else None
                scores.setdefault(one.seat_id, {})[int(one.field[1:])] = value
            else:
                marks.append(Mark(one.seat_id, *parse_key(one.field), MarkKind(str(one.value)), utcnow()))
        if scores:
            save_scores(opened.training_class, scores, actor=actor)
        refused = [told for told in save_marks(marks, actor=actor, scope=scope) if told] if marks else []
        if refused:
            raise Refused(*dict.fromkeys(refused))
        batch.status, batch.content, batch.preview = BatchStatus.APPLIED, None, {}
        batch.finished_at = datetime.now(UTC)
        if chosen:
            label = f"{opened.training_class}: {batch.filename}"
            record(actor, "imports.class_sheet", "import_batch", batch.id, label, {"values": len(chosen)})
        return len(chosen)
