"""Pages over payments."""

from __future__ import annotations

from flask import request, url_for
from flask_babel import lazy_gettext as _l

from ...budgets.models import Fund
from ...budgets.queries import fund_choices
from ...budgets.queries import years as fund_years
from ...core.access import FINANCE_OFFICERS, READERS, current_roles
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.i18n import day, money
from ...core.tables import Filter, ListColumn
from .. import money as operations
from .. import queries
from ..blueprint import bp
from ..models import Payment, TrainingClass
from ..money_forms import PaymentForm


def _may_edit() -> bool:
    return bool(FINANCE_OFFICERS & current_roles())


def _prepare_payment(form: PaymentForm, row: Payment | None) -> None:
    form.offer()
    if row is None and request.method == "GET":
        form.fund_id.data = request.args.get("fund", type=int)
        made = db.session.get(TrainingClass, request.args.get("class", 0, type=int))
        if made is not None:
            form.class_id.data, form.fund_id.data = made.id, made.fund_id


register(
    bp,
    Catalogue(
        key="payment",
        plural_key="payments",
        singular=_l("payment"),
        plural=_l("Payments"),
        path="payments",
        model=Payment,
        statement=lambda scope: queries.payments(),
        columns=(
            ListColumn("day", _l("Paid on"), lambda p: day(p.paid_on), (Payment.paid_on,)),
            ListColumn("paper", _l("Paper (number)"), lambda p: p.paper, (Payment.paper,),
                   link=lambda p: url_for("classes.payment_edit", id=p.id) if _may_edit() else None),
            ListColumn("fund", _l("Fund"), lambda p: p.fund.name, (Fund.sort_key, Payment.paid_on)),
            ListColumn("class", _l("Class"),
                   lambda p: f"{p.training_class.code} · {p.training_class.name}" if p.training_class else "",
                   (TrainingClass.code,),
                   link=lambda p: url_for("classes.class_costs", id=p.class_id) if p.class_id else None),
            ListColumn("amount", _l("Amount"), lambda p: money(p.amount), (Payment.amount,), number=True),
            ListColumn("note", _l("Note"), lambda p: p.note, wide_only=True),
        ),
        default_sort="-day",
        search=(TrainingClass.search_key, Fund.search_key),
        filters=(
            Filter("year", _l("Year"), fund_years, lambda value: Fund.year == int(value)),
            Filter("fund", _l("Fund"), fund_choices, lambda value: Payment.fund_id == int(value)),
        ),
        form=PaymentForm,
        prepare=_prepare_payment,
        save=operations.save_payment,
        delete=operations.delete_payment,
        readers=READERS,
        editors=FINANCE_OFFICERS,
    ),
)  # fmt: skip
