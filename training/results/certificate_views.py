"""Pages over certificates: issue a class's, the register, cancel, confirm a lost one."""

from __future__ import annotations

from flask import abort, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ..access import HOSTS, allow
from ..classes.models import TrainingClass
from ..language import day
from ..listing import Column, Filter, listing
from . import certificates
from .blueprint import address, asked, book_scope, bp, done, page, the_class
from .forms import ReasonForm
from .models import Certificate, CertificateKind, CertificateRegister
from .result_views import band


@bp.get("/class-books/<int:id>/certificates")
@allow(HOSTS)
def certificates_of(id: int) -> str:
    """The entries of a class in the register, and who still gets one."""
    row = the_class(id)
    return page(
        "certificates",
        row,
        entries=certificates.entries_of_class(id),
        waiting=certificates.to_issue(id),
        recognition=certificates.recognition_of(id),
        kinds=CertificateKind,
        band=band,
    )


@bp.post("/class-books/<int:id>/certificates")
@allow(HOSTS)
def issue(id: int) -> Response:
    row = the_class(id)
    done(lambda: certificates.issue(row, actor=current_user), _("The certificates are entered in the register."))
    return redirect(url_for(".certificates_of", id=id))


def _entry(id: int) -> Certificate:
    return certificates.entry(id, book_scope()) or abort(404)


@bp.route("/certificates/<int:id>/confirm", methods=["GET", "POST"])
@allow(HOSTS)
def confirm(id: int) -> str | Response:
    """A confirmation in place of a certificate that was lost."""
    entry, form = _entry(id), ReasonForm()
    row = the_class(entry.class_id)
    return asked(
        form,
        lambda: certificates.confirm(entry, reason=form.reason.data or "", actor=current_user),
        _("The confirmation is entered in the register."),
        address("certificates_of", row),
        row,
        title=_("Confirm certificate %(number)s of %(holder)s", number=entry.full_number, holder=entry.holder),
        told=_("A certificate is issued once. If it was lost or damaged, a confirmation takes its place."),
        submit=_("Enter the confirmation"),
    )


@bp.route("/certificates/<int:id>/cancel", methods=["GET", "POST"])
@allow(HOSTS)
def cancel(id: int) -> str | Response:
    """An entry that no longer counts."""
    entry, form = _entry(id), ReasonForm()
    row = the_class(entry.class_id)
    return asked(
        form,
        lambda: certificates.cancel(entry, reason=form.reason.data or "", actor=current_user),
        _("The entry is cancelled."),
        address("certificates_of", row),
        row,
        title=_("Cancel %(number)s of %(holder)s", number=entry.full_number, holder=entry.holder),
        told=_("The entry stays in the register with the reason; the person can be issued another."),
        submit=_("Cancel the entry"),
    )


@bp.get("/certificate-register")
@allow(HOSTS)
def register() -> str:
    """Every entry of the registers, those that no longer count too."""
    scope = book_scope()
    columns = (
        Column(
            "number",
            _l("Number"),
            lambda c: c.full_number,
            (CertificateRegister.year, CertificateRegister.series, Certificate.number),
        ),
        Column("holder", _l("Person"), lambda c: c.holder, (Certificate.holder,)),
        Column("kind", _l("Kind"), lambda c: CertificateKind(c.kind).label, (Certificate.kind,), wide_only=True),
        Column("course", _l("Course"), lambda c: c.course, (Certificate.course,), wide_only=True),
        Column(
            "class",
            _l("Class"),
            lambda c: c.training_class.code,
            (TrainingClass.code,),
            lambda c: url_for("results.certificates_of", id=c.class_id),
        ),
        Column("issued", _l("Issued on"), lambda c: day(c.issued_on), (Certificate.issued_on,)),
        Column("band", _l("Classification"), lambda c: band(c.classification), wide_only=True),
        Column(
            "state",
            _l("State"),
            lambda c: _("Cancelled: %(why)s", why=c.cancel_reason) if c.cancelled_at else _("Counts"),
        ),
    )
    filters = (
        Filter(
            "register",
            _l("Register"),
            lambda: certificates.register_choices(scope),
            lambda value: Certificate.register_id == int(value),
        ),
        Filter(
            "counts",
            _l("State"),
            [("yes", _l("Counts")), ("no", _l("Cancelled"))],
            lambda value: (
                Certificate.cancelled_at.is_(None) if value == "yes" else Certificate.cancelled_at.is_not(None)
            ),
        ),
    )
    found = listing(
        certificates.entries(scope), columns, default_sort="number", search=Certificate.search_key, filters=filters
    )
    return render_template("results/register.html", page=found)
