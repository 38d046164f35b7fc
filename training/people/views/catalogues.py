"""Pages over places, positions and travel."""

from __future__ import annotations

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from ...core.crud import Catalogue, register
from ...core.i18n import number
from ...core.tables import Filter, ListColumn
from .. import operations, queries
from ..blueprint import bp
from ..forms import PlaceForm, PositionForm, TravelForm
from ..models import Place, Position, Travel

register(
    bp,
    Catalogue(
        key="place",
        plural_key="places",
        singular=_l("place"),
        plural=_l("Places"),
        path="places",
        model=Place,
        statement=lambda scope: sa.select(Place),
        columns=(
            ListColumn("code", _l("Code"), lambda p: p.code, (Place.code,)),
            ListColumn(
                "name",
                _l("Name"),
                lambda p: p.name,
                (Place.sort_key,),
                link=lambda p: url_for("people.place_edit", id=p.id),
            ),
        ),
        search=Place.search_key,
        form=PlaceForm,
        save=operations.save_place,
        delete=operations.delete_place,
    ),
)

register(
    bp,
    Catalogue(
        key="position",
        plural_key="positions",
        singular=_l("position"),
        plural=_l("Positions"),
        path="positions",
        model=Position,
        statement=lambda scope: sa.select(Position),
        columns=(
            ListColumn("code", _l("Code"), lambda p: p.code, (Position.code,)),
            ListColumn(
                "name",
                _l("Name"),
                lambda p: p.name,
                (Position.sort_key,),
                link=lambda p: url_for("people.position_edit", id=p.id),
            ),
            ListColumn(
                "head",
                _l("Head of the unit"),
                lambda p: _("Yes") if p.head else "",
                (Position.head,),
                wide_only=True,
            ),
        ),
        search=Position.search_key,
        form=PositionForm,
        save=operations.save_position,
        delete=operations.delete_position,
    ),
)


def _prepare_travel(form: TravelForm, _row: Travel | None) -> None:
    places = queries.place_choices()
    form.origin_id.offer(places)
    form.destination_id.offer(places)


register(
    bp,
    Catalogue(
        key="travel",
        plural_key="travels",
        singular=_l("travel"),
        plural=_l("Travel"),
        path="travel",
        model=Travel,
        statement=lambda scope: queries.travels(),
        columns=(
            ListColumn(
                "origin",
                _l("From place"),
                lambda t: t.origin.name,
                (queries.ORIGIN.sort_key, queries.DESTINATION.sort_key),
                link=lambda t: url_for("people.travel_edit", id=t.id),
            ),
            ListColumn(
                "destination",
                _l("To place"),
                lambda t: t.destination.name,
                (queries.DESTINATION.sort_key, queries.ORIGIN.sort_key),
            ),
            ListColumn("points", _l("Points"), lambda t: number(t.points), (Travel.points,), number=True),
        ),
        default_sort="origin",
        search=(queries.ORIGIN.search_key, queries.DESTINATION.search_key),
        filters=(
            Filter("from", _l("From place"), queries.place_choices, lambda value: Travel.origin_id == int(value)),
            Filter("to", _l("To place"), queries.place_choices, lambda value: Travel.destination_id == int(value)),
        ),
        form=TravelForm,
        prepare=_prepare_travel,
        save=operations.save_travel,
        delete=operations.delete_travel,
    ),
)
