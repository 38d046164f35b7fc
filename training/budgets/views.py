"""Pages over funds. What is paid from a fund, the features downstream add to its page (`panels.py`)."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template, url_for
from flask_babel import lazy_gettext as _l

from ..access import READERS, allow
from ..catalogue import Catalogue, register
from ..language import money
from ..listing import Column, Filter
from . import operations, queries
from .forms import FundForm
from .models import Fund
from .panels import fund_panels

bp = Blueprint("budgets", __name__)

FUNDS = Catalogue(
    key="fund",
    plural_key="funds",
    singular=_l("fund"),
    plural=_l("Funds"),
    path="funds",
    model=Fund,
    statement=lambda scope: sa.select(Fund),
    columns=(
        Column("code", _l("Code"), lambda f: f.code, (Fund.code,)),
        Column(
            "name", _l("Name"), lambda f: f.name, (Fund.sort_key,), link=lambda f: url_for("budgets.fund", id=f.id)
        ),
        Column("year", _l("Year"), lambda f: f.year, (Fund.year,)),
        Column("amount", _l("Amount"), lambda f: money(f.amount), (Fund.amount,), number=True),
    ),
    search=Fund.search_key,
    filters=(Filter("year", _l("Year"), queries.years, lambda value: Fund.year == int(value)),),
    form=FundForm,
    save=operations.save_fund,
    delete=operations.delete_fund,
    readers=READERS,
    after=lambda fund: url_for("budgets.fund", id=fund.id),
)
register(bp, FUNDS)


@bp.get("/funds/<int:id>")
@allow(READERS)
def fund(id: int) -> str:
    row = FUNDS.load(id)
    return render_template("budgets/fund.html", fund=row, panels=fund_panels.of(row))
