"""Pages over units."""

from __future__ import annotations

from flask import abort, render_template, url_for
from flask_babel import lazy_gettext as _l

from ...core.access import READERS, allow, current_scope
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.forms import choices_of
from ...core.i18n import number
from ...core.tables import Filter, ListColumn, named
from .. import history, operations, queries
from ..blueprint import bp
from ..forms import UnitForm
from ..models import Place, Tree, Unit, UnitKind
from .filters import own_units, unit_filter


def _prepare_unit(form: UnitForm, row: Unit | None) -> None:
    form.kind.offer(choices_of(UnitKind))
    form.parent_id.offer((i, name) for i, name in own_units() if row is None or i != row.id)
    form.place_id.offer(queries.place_choices())


register(
    bp,
    Catalogue(
        key="unit",
        plural_key="units",
        singular=_l("unit"),
        plural=_l("Units"),
        path="units",
        model=Unit,
        statement=queries.units,
        columns=(
            ListColumn("code", _l("Code"), lambda u: u.code, (Unit.code,)),
            ListColumn(
                "name",
                _l("Name"),
                lambda u: u.name,
                (Unit.sort_key,),
                link=lambda u: url_for("people.unit", id=u.id),
            ),
            ListColumn("kind", _l("Kind"), lambda u: UnitKind(u.kind).label, (Unit.kind, Unit.sort_key)),
            ListColumn("parent", _l("Parent unit"), lambda u: u.parent.name if u.parent else "", wide_only=True),
            ListColumn("place", _l("Place"), lambda u: u.place.name, (Place.sort_key,), wide_only=True),
            ListColumn(
                "max_absent",
                _l("Absence limit"),
                lambda u: number(u.max_absent),
                (Unit.max_absent,),
                number=True,
            ),
        ),
        search=(Unit.search_key, named(Unit.place_id, Place)),
        filters=(
            Filter("kind", _l("Kind"), lambda: choices_of(UnitKind), lambda value: Unit.kind == value),
            unit_filter(Unit.id),
        ),
        form=UnitForm,
        prepare=_prepare_unit,
        save=operations.save_unit,
        delete=operations.delete_unit,
        readers=READERS,
        after=lambda unit: url_for("people.unit", id=unit.id),
    ),
)


@bp.get("/units/<int:id>")
@allow(READERS)
def unit(id: int) -> str:
    scope = current_scope()
    row = db.session.scalar(queries.units(scope).where(Unit.id == id)) or abort(404)
    own, everybody = queries.headcounts(row)
    return render_template(
        "people/unit.html",
        unit=row,
        kind=UnitKind(row.kind),
        path=[(above, queries.in_scope(scope, above.id)) for above in queries.unit_path(row)],
        children=queries.unit_children(row),
        own=own,
        predecessors=history.predecessors_of(row),
        successors=history.successors_of(row),
        links=history.links_of(row),
        in_scope=lambda unit_id: queries.in_scope(scope, unit_id),
        tree_label=lambda tree: Tree(tree).label,
        everybody=everybody,
    )
