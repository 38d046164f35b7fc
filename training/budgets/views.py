"""Pages over funds, their money, tiers of lecturers and cost norms.

Features downstream add what is paid from a fund to its page (`panels.py`).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, abort, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..core import audit
from ..core.access import FINANCE_OFFICERS, READERS, allow, current_roles
from ..core.crud import Catalogue, register
from ..core.db import db
from ..core.forms import choices_of
from ..core.i18n import day, money, number, percent, today
from ..core.tables import Filter, ListColumn
from ..courses.models import CourseKind
from . import export, operations, queries
from .forms import FundForm, NormForm, TierForm
from .models import Basis, CostKind, CostNorm, Fund, FundKind, LecturerTier
from .panels import fund_panels, money_panels

bp = Blueprint("budgets", __name__)

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FUNDS = Catalogue(
    key="fund",
    plural_key="funds",
    singular=_l("fund"),
    plural=_l("Funds"),
    path="funds",
    model=Fund,
    statement=lambda scope: sa.select(Fund),
    columns=(
        ListColumn("code", _l("Code"), lambda f: f.code, (Fund.code,), wide_only=True),
        ListColumn(
            "name", _l("Name"), lambda f: f.name, (Fund.sort_key,), link=lambda f: url_for("budgets.fund",
            id=f.id)
        ),
        ListColumn("kind", _l("Kind of fund"), lambda f: FundKind(f.kind).label, (Fund.kind, Fund.sort_key),
               wide_only=True),
        ListColumn("year", _l("Year"), lambda f: f.year, (Fund.year,), wide_only=True),
        ListColumn("amount", _l("Amount"), lambda f: money(f.amount), (Fund.amount,), number=True),
    ),
    search=Fund.search_key,
    filters=(
        Filter("year", _l("Year"), queries.years, lambda value: Fund.year == int(value)),
        Filter("kind", _l("Kind of fund"), lambda: choices_of(FundKind), lambda value: Fund.kind == value),
    ),
    form=FundForm,
    prepare=lambda form, row: form.offer(),
    save=operations.save_fund,
    delete=operations.delete_fund,
    readers=READERS,
    editors=FINANCE_OFFICERS,
    after=lambda fund: url_for("budgets.fund", id=fund.id),
)  # fmt: skip
register(bp, FUNDS)


@bp.get("/funds/<int:id>")
@allow(READERS)
def fund(id: int) -> str:
    row = FUNDS.load(id)
    return render_template(
        "budgets/fund.html",
        fund=row,
        kind=FundKind(row.kind).label,
        line=queries.money_of_fund(row),
        history=queries.amount_history(row) if FINANCE_OFFICERS & current_roles() else [],
        panels=fund_panels.of(row),
    )


# -- planned, committed, spent ----------------------------------------------------------------------------------


def _year() -> int:
    """Return the requested year; else next year's, or the latest that has a fund."""
    given = request.args.get("year", type=int)
    if given is not None:
        return given
    known = [int(value) for value, _label in queries.years()]
    return known[0] if known else today().year


@bp.get("/money")
@allow(READERS)
def money_by_fund() -> str:
    year = _year()
    lines, total = queries.money_of(year)
    return render_template(
        "budgets/money.html",
        year=year,
        years=queries.years(),
        lines=lines,
        total=total,
        FundKind=FundKind,
        panels=money_panels.of(year),
    )


@bp.get("/money.xlsx")
@allow(READERS)
def money_export() -> Response:
    year = _year()
    if not 2000 <= year <= 2100:
        abort(404)
    content = export.workbook(year)
    audit.record(current_user, "budgets.download", "fund", "", str(year), {"year": year})
    db.session.commit()
    name = f"kinh-phi-{year}.xlsx"
    return send_file(BytesIO(content), mimetype=_XLSX, as_attachment=True, download_name=name)


# -- norms
# --------------------------------------------------------------------------------------------------------

register(
    bp,
    Catalogue(
        key="tier",
        plural_key="tiers",
        singular=_l("tier of lecturers"),
        plural=_l("Tiers of lecturers"),
        path="lecturer-tiers",
        model=LecturerTier,
        statement=lambda scope: sa.select(LecturerTier),
        columns=(
            ListColumn("code", _l("Code"), lambda t: t.code, (LecturerTier.code,)),
            ListColumn(
                "name", _l("Name"), lambda t: t.name, (LecturerTier.sort_key,), link=lambda t: _edit("tier", t)
            ),
        ),
        default_sort="code",
        search=LecturerTier.search_key,
        form=TierForm,
        save=operations.save_lecturer_tier,
        delete=operations.delete_lecturer_tier,
        readers=READERS,
        editors=FINANCE_OFFICERS,
    ),
)


def _edit(key: str, row: Any) -> str | None:
    return url_for(f"budgets.{key}_edit", id=row.id) if FINANCE_OFFICERS & current_roles() else None


def _kind(norm: CostNorm) -> str:
    text = CostKind(norm.kind).label
    return f"{text} ({CourseKind(norm.course_kind).label})" if norm.course_kind else text


def _amount(norm: CostNorm) -> str:
    if CostKind(norm.kind).basis is Basis.PERCENT:
        text = f"{number(norm.amount)}\u00a0%"
    else:
        text = money(norm.amount)
    if norm.share != 100:
        text += f" × {percent(norm.share / 100, 0)}"
    return str(_("at most %(amount)s", amount=text)) if norm.ceiling else text


def _counted_in(norm: CostNorm) -> str:
    text = CostKind(norm.kind).basis.label
    return _("%(unit)s of %(count)d lessons", unit=text, count=norm.lessons) if norm.lessons else text


def _validity(norm: CostNorm) -> str:
    return f"{day(norm.valid_from)} – {day(norm.valid_to) or '…'}"


def _in_force(value: str) -> Any:
    now = sa.and_(
        CostNorm.valid_from <= today(), sa.or_(CostNorm.valid_to.is_(None), CostNorm.valid_to >= today())
    )
    return {"now": now, "past": CostNorm.valid_to < today(), "later": CostNorm.valid_from > today()}[value]


register(
    bp,
    Catalogue(
        key="norm",
        plural_key="norms",
        singular=_l("cost norm"),
        plural=_l("Cost norms"),
        path="cost-norms",
        model=CostNorm,
        statement=lambda scope: queries.norms(),
        columns=(
            ListColumn(
                "kind",
                _l("Kind of cost"),
                _kind,
                (queries.kind_order(), LecturerTier.code, CostNorm.valid_from),
                link=lambda n: _edit("norm", n),
            ),
            ListColumn("tier", _l("Tier"), lambda n: n.tier.code if n.tier else "", (LecturerTier.code,)),
            ListColumn("amount", _l("Amount"), _amount, (CostNorm.amount,), number=True),
            ListColumn("basis", _l("Counted in"), _counted_in, wide_only=True),
            ListColumn(
                "automatic",
                _l("Every class"),
                lambda n: _l("Yes") if n.automatic else _l("No"),
                (CostNorm.automatic,),
                wide_only=True,
            ),
            ListColumn(
                "payer", _l("Paid by"), lambda n: queries.payer_label(n.payer), (CostNorm.payer,), wide_only=True
            ),
            ListColumn("valid", _l("Valid"), _validity, (CostNorm.valid_from,)),
            ListColumn("source", _l("Set by (paper)"), lambda n: n.source, (CostNorm.source,), wide_only=True),
        ),
        default_sort="kind",
        filters=(
            Filter("kind", _l("Kind of cost"), lambda: choices_of(CostKind), lambda value: CostNorm.kind == value),
            Filter(
                "valid",
                _l("Valid"),
                (("now", _l("today")), ("past", _l("in the past")), ("later", _l("later"))),
                _in_force,
            ),
        ),
        form=NormForm,
        prepare=lambda form, row: form.offer(),
        save=operations.save_cost_norm,
        delete=operations.delete_cost_norm,
        readers=READERS,
        editors=FINANCE_OFFICERS,
    ),
)
