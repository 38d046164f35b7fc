"""Pages to list, add, edit and delete the rows of one simple entity: four routes from one declaration."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from ..web.confirming import asks
from .access import CATALOGUE_EDITORS, Role, Scope, allow, current_roles, current_scope
from .db import db
from .errors import Refused
from .forms import EditForm, mark_conflicts
from .tables import Filter, ListColumn, listing
from .validation import told_by_database


@dataclass(frozen=True)
class Catalogue:
    """The declaration of an entity's pages.

    Routes on its blueprint: `/<path>` (endpoint `plural_key`), `/<path>/new` (`key_new`), `/<path>/<id>/edit`
    (`key_edit`), `/<path>/<id>/delete` (`key_delete`).

    Attributes:
        key, plural_key: names of endpoints: «host», «hosts».
        singular, plural: names of the entity.
        path: the address below the site's root.
        model: the entity.
        statement: scope → the select of visible rows, with the loading options of its columns.
        columns, default_sort, search, filters: see `tables.listing`.
        form: the form's class; its fields are named as the model's attributes. `prepare(form, row)` fills choices.
        save: `save(values, *, actor, row)`.
        delete: `delete(row, *, actor)`; None: cannot be deleted.
        readers, editors: who may open the list, who may change rows.
        initial: row → values of form fields that are no attributes of the row.
        after: where to go after saving; default: the list.
    """

    key: str
    plural_key: str
    singular: Any
    plural: Any
    path: str
    model: type[Any]
    statement: Callable[[Scope], sa.Select[Any]]
    columns: Sequence[ListColumn]
    form: type[EditForm]
    save: Callable[..., Any]
    delete: Callable[..., None] | None = None
    default_sort: str = "name"
    search: Any = None
    filters: Sequence[Filter] = ()
    readers: frozenset[Role] = CATALOGUE_EDITORS
    editors: frozenset[Role] = CATALOGUE_EDITORS
    prepare: Callable[[Any, Any], None] | None = None
    initial: Callable[[Any], dict[str, Any]] = field(default=lambda row: {})
    after: Callable[[Any], str] | None = None
    list_template: str = "catalogue/list.html"
    edit_template: str = "catalogue/edit.html"

    def may_edit(self) -> bool:
        return bool(self.editors & current_roles())

    def load(self, row_id: int) -> Any:
        """Return the row if the signed-in person may see it; 404 otherwise."""
        statement = self.statement(current_scope()).where(self.model.id == row_id)
        row = db.session.scalars(statement).unique().one_or_none()
        return row if row is not None else abort(404)


def register(bp: Blueprint, catalogue: Catalogue) -> None:
    """Add the pages of `catalogue` to `bp`."""
    c = catalogue

    @allow(c.readers)
    def list_rows() -> str:
        page = listing(
            c.statement(current_scope()),
            c.columns,
            default_sort=c.default_sort,
            search=c.search,
            filters=c.filters,
        )
        return render_template(c.list_template, catalogue=c, page=page)

    @allow(c.editors)
    def new() -> Any:
        return _edit(c, None)

    @allow(c.editors)
    def edit_row(id: int) -> Any:
        return _edit(c, c.load(id))

    @allow(c.editors)
    @asks
    def delete_row(id: int) -> Response:
        return _delete(c, c.load(id))

    bp.add_url_rule(f"/{c.path}", c.plural_key, list_rows)
    bp.add_url_rule(f"/{c.path}/new", f"{c.key}_new", new, methods=["GET", "POST"])
    bp.add_url_rule(f"/{c.path}/<int:id>/edit", f"{c.key}_edit", edit_row, methods=["GET", "POST"])
    if c.delete is not None:
        bp.add_url_rule(f"/{c.path}/<int:id>/delete", f"{c.key}_delete", delete_row, methods=["POST"])


def _edit(c: Catalogue, row: Any) -> str | Response | tuple[str, int]:
    """Show the form of `row`, or of a new one; save what was sent."""
    form = c.form(obj=row, data=c.initial(row) if row is not None and request.method == "GET" else None)
    if c.prepare:
        c.prepare(form, row)
    if request.method == "GET" and row is not None:
        form.version.data = str(row.version)
    if form.validate_on_submit():
        try:
            if row is not None and form.version.data != str(row.version):
                raise StaleDataError
            saved = c.save(form.values(), actor=current_user, row=row)
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        except StaleDataError:
            db.session.rollback()
            return changed_meanwhile(c, row, form)
        except IntegrityError as error:  # two people at the same instant: the database accepts one
            db.session.rollback()
            refusal = told_by_database(error)
            if refusal is None:
                raise
            form.show(refusal)
        else:
            flash(_("Saved: %(row)s", row=saved), "success")
            return redirect(c.after(saved) if c.after else url_for(f".{c.plural_key}"))
    return render_template(c.edit_template, catalogue=c, form=form, row=row)


def _delete(c: Catalogue, row: Any) -> Response:
    label, row_id = str(row), row.id
    try:
        assert c.delete is not None
        c.delete(row, actor=current_user)
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        return _not_deleted(c, row_id, refused)
    except IntegrityError as error:
        db.session.rollback()
        refusal = told_by_database(error)
        if refusal is None:
            raise
        return _not_deleted(c, row_id, refusal)
    flash(_("Deleted: %(row)s", row=label), "success")
    return redirect(url_for(f".{c.plural_key}"))


def _not_deleted(c: Catalogue, row_id: int, refused: Refused) -> Response:
    for fault in refused.faults:
        flash(fault.message, "danger")
    return redirect(url_for(f".{c.key}_edit", id=row_id))


def changed_meanwhile(catalogue: Catalogue, row: Any, form: EditForm) -> tuple[str, int]:
    """Show the form again with what somebody else saved in the meantime; sending it now overwrites knowingly."""
    row = catalogue.load(row.id)
    current = catalogue.form(obj=row, data=catalogue.initial(row), formdata=None)
    if catalogue.prepare:
        catalogue.prepare(current, row)
    mark_conflicts(form, current)
    flash(
        _("Somebody else changed this row after you opened it; nothing was saved. Compare, then save again."),
        "warning",
    )
    form.version.data = str(row.version)
    return render_template(catalogue.edit_template, catalogue=catalogue, form=form, row=row), 409
