"""Pages over who may be sent to a course: conditions, and exceptions that a second person decides."""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from ...core.access import CATALOGUE_EDITORS, READERS, REGISTRARS, allow, current_roles, current_scope, require
from ...core.crud import Catalogue, register
from ...core.db import db
from ...core.errors import Refused
from ...core.forms import choices_of
from ...core.i18n import day, number, today
from ...core.tables import Filter, ListColumn, listing
from ...courses.models import Course
from ...courses.queries import course_choices
from ...people.models import Employee
from ...people.queries import PERSON_SEARCH, in_scope
from ...web.confirming import asks
from .. import queries
from ..blueprint import bp
from ..eligibility import operations
from ..forms import DecisionForm, EligibilityRuleForm, ExceptionForm
from ..models import EligibilityException, EligibilityKind, EligibilityRule, ExceptionState
from .people import edit_address, person_columns


def _prepare_rule(form: EligibilityRuleForm, _row: EligibilityRule | None) -> None:
    form.course_id.offer(course_choices())
    form.kind.offer(choices_of(EligibilityKind))


def rules_of(course_id: int) -> list[EligibilityRule]:
    """Return the rules of one course, the oldest first."""
    statement = queries.eligibility_rules().where(EligibilityRule.course_id == course_id)
    return list(db.session.scalars(statement.order_by(EligibilityRule.valid_from, EligibilityRule.id)))


register(
    bp,
    Catalogue(
        key="eligibility_rule",
        plural_key="eligibility_rules",
        singular=_l("condition of being sent"),
        plural=_l("Conditions of being sent"),
        path="eligibility-rules",
        model=EligibilityRule,
        statement=lambda scope: queries.eligibility_rules(),
        columns=(
            ListColumn(
                "course",
                _l("Course"),
                lambda r: r.course.name,
                (Course.sort_key, EligibilityRule.valid_from),
                link=lambda r: edit_address("standards.eligibility_rule_edit", r, CATALOGUE_EDITORS),
            ),
            ListColumn("kind", _l("Condition"), lambda r: EligibilityKind(r.kind).label, (EligibilityRule.kind,)),
            ListColumn("value", _l("Value"), lambda r: number(r.value), (EligibilityRule.value,), number=True),
            ListColumn("source", _l("Legal ground"), lambda r: r.source, wide_only=True),
            ListColumn("first", _l("Valid from"), lambda r: day(r.valid_from), (EligibilityRule.valid_from,)),
            ListColumn("last", _l("Valid to"), lambda r: day(r.valid_to), (EligibilityRule.valid_to,)),
        ),
        default_sort="course",
        search=Course.search_key,
        form=EligibilityRuleForm,
        prepare=_prepare_rule,
        save=operations.save_eligibility_rule,
        delete=operations.delete_eligibility_rule,
        readers=READERS,
    ),
)


def _exception(row_id: int) -> EligibilityException:
    statement = queries.exceptions(current_scope()).where(EligibilityException.id == row_id)
    row: EligibilityException = db.session.scalar(statement) or abort(404)
    return row


@bp.get("/eligibility-exceptions")
@allow(READERS)
def exceptions() -> str:
    """Show exceptions requested and decided."""
    columns = (
        *person_columns(EligibilityException.asked_at),
        ListColumn(
            "rule",
            _l("Condition"),
            lambda e: f"{e.rule.course.name}: {EligibilityKind(e.rule.kind).label}",
            (Course.sort_key, Employee.sort_key),
            link=lambda e: url_for("standards.exception", id=e.id),
        ),
        ListColumn("state", _l("State"), lambda e: ExceptionState(e.state).label, (EligibilityException.state,)),
        ListColumn(
            "by",
            _l("Asked for by"),
            lambda e: e.asked_by_name,
            (EligibilityException.asked_by_name,),
            wide_only=True,
        ),
    )
    page = listing(
        queries.exceptions(current_scope()),
        columns,
        default_sort="name",
        search=(*PERSON_SEARCH, Course.search_key),
        filters=(
            Filter(
                "state",
                _l("State"),
                lambda: choices_of(ExceptionState),
                lambda value: EligibilityException.state == value,
            ),
        ),
    )
    return render_template("standards/exceptions.html", page=page)


@bp.route("/eligibility-exceptions/new", methods=["GET", "POST"])
@allow(REGISTRARS)
def exception_new() -> str | BaseResponse:
    """Ask for an exception to a rule for somebody."""
    form = ExceptionForm()
    form.rule_id.offer(queries.rule_choices())
    if request.method == "GET":
        form.rule_id.data = request.args.get("rule", type=int)
    if form.validate_on_submit():
        try:
            asked = operations.ask_exception(form.values(), actor=current_user, scope=current_scope())
            db.session.commit()
        except Refused as refused:
            db.session.rollback()
            form.show(refused)
        else:
            flash(_("Asked for. A second person decides."), "success")
            return redirect(url_for("standards.exception", id=asked.id))
    return render_template("standards/exception_new.html", form=form)


@bp.get("/eligibility-exceptions/<int:id>")
@allow(READERS)
def exception(id: int) -> str:
    return _exception_page(_exception(id), DecisionForm(formdata=None))


def _exception_page(row: EligibilityException, form: DecisionForm) -> str:
    refused = queries.refusals([row.employee_id], [row.rule.course_id], today())
    return render_template(
        "standards/exception.html",
        row=row,
        state=ExceptionState(row.state),
        kind=EligibilityKind(row.rule.kind).label,
        against=refused.get((row.employee_id, row.rule.course_id), []),
        form=form,
        may_decide=_may_decide(row),
        may_withdraw=in_scope(current_scope(REGISTRARS), row.employee.unit_id),
    )


def _may_decide(row: EligibilityException) -> bool:
    open_ = row.state == ExceptionState.ASKED and row.asked_by_id != current_user.id
    return bool(open_ and current_roles() & CATALOGUE_EDITORS)


@bp.post("/eligibility-exceptions/<int:id>/decide")
@allow(CATALOGUE_EDITORS)
@asks
def exception_decide(id: int) -> Response | BaseResponse | tuple[str, int]:
    """Record the second person's decision."""
    row = _exception(id)
    try:
        operations.decide_exception(
            row,
            approve=request.form.get("decision") == "approve",
            actor=current_user,
            note=request.form.get("note"),
        )
        db.session.commit()
    except Refused as refused:
        db.session.rollback()
        form = DecisionForm()
        form.show(refused)
        return _exception_page(_exception(id), form), 409
    else:
        flash(_("Decided: %(state)s", state=ExceptionState(row.state).label), "success")
    return redirect(url_for("standards.exception", id=id))


@bp.post("/eligibility-exceptions/<int:id>/withdraw")
@allow(REGISTRARS)
@asks
def exception_withdraw(id: int) -> Response | BaseResponse:
    row = _exception(id)
    require(in_scope(current_scope(), row.employee.unit_id))
    operations.withdraw_exception(row, actor=current_user, scope=current_scope())
    db.session.commit()
    flash(_("Withdrawn: the condition stands again."), "success")
    return redirect(url_for("standards.exceptions"))
