"""Pages of offer terms."""

from __future__ import annotations

import sqlalchemy as sa
from flask import url_for
from flask_babel import lazy_gettext as _l

from ...core.crud import Catalogue, register
from ...core.i18n import day, number
from ...core.tables import ListColumn
from ..blueprint import bp
from ..forms import OfferTermForm
from ..models import OfferTerm
from ..waiting_list import offer_terms

register(
    bp,
    Catalogue(
        key="offer_term",
        plural_key="offer_terms",
        singular=_l("term of offers"),
        plural=_l("How long offers are held"),
        path="offer-terms",
        model=OfferTerm,
        statement=lambda scope: sa.select(OfferTerm),
        columns=(
            ListColumn(
                "from",
                _l("Valid from"),
                lambda t: day(t.valid_from),
                (OfferTerm.valid_from,),
                link=lambda t: url_for("enrolments.offer_term_edit", id=t.id),
            ),
            ListColumn("days", _l("Working days"), lambda t: number(t.working_days), number=True),
            ListColumn("hour", _l("Ends at (hour)"), lambda t: number(t.hour), number=True),
            ListColumn("source", _l("Set by (paper)"), lambda t: t.source or "", wide_only=True),
        ),
        default_sort="-from",
        form=OfferTermForm,
        save=offer_terms.save_offer_term,
        delete=offer_terms.delete_offer_term,
        list_template="enrolments/offer_terms.html",
    ),
)
