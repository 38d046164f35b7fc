"""Pages for certificates: issue those of a class, the register, cancel, confirm a lost one."""

from __future__ import annotations

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from ...classes.models import TrainingClass
from ...core.access import HOSTS, TRAINEES, allow, current_scope
from ...core.forms import choices_of
from ...core.i18n import ZONE, day, moment
from ...core.tables import Filter, ListColumn, listing, named
from ...enrolments.models import OpenClass
from ...web.confirming import asks
from .. import queries
from ..blueprint import address, asked, book_scope, bp, done, page, the_class
from ..certificates import registry, signers
from ..certificates.regulations import REGULATIONS, answer_by
from ..forms import CertificateRequestForm, EntryForm, ResultReasonForm
from ..models import (
    Certificate,
    CertificateKind,
    CertificateRegister,
    CertificateRequest,
    CertificateRequestState,
    CertificateWish,
)
from .results import band


@bp.get("/class-books/<int:id>/certificates")
@allow(HOSTS)
def certificates_of(id: int) -> str:
    """Show the entries of a class in the register, and who still gets one."""
    row = the_class(id)
    return page(
        "certificates",
        row,
        entries=registry.entries_of_class(id),
        waiting=registry.to_issue(id),
        recognition=registry.recognition_of(id),
        signers=signers.choices(row.training_class),
        wrong=_wrong(id),
        asked=registry.open_requests(id),
        kinds=CertificateKind,
        band=band,
    )


def _wrong(class_id: int) -> dict[int, list[registry.CertificateDifference]]:
    """Return, by valid certificate, where it differs from the record as it is now."""
    results = {row.enrolment_id: row for row in queries.results(class_id)}
    found = {
        entry.id: registry.differences(entry, results.get(entry.enrolment_id))
        for entry in registry.entries_of_class(class_id)
        if entry.kind == CertificateKind.CERTIFICATE and entry.cancelled_at is None
    }
    return {entry_id: said for entry_id, said in found.items() if said}


@bp.post("/class-books/<int:id>/certificates")
@allow(HOSTS)
@asks
def issue(id: int) -> Response:
    row = the_class(id)
    signer = signers.signer_of(row.training_class, request.form.get("signer_id", type=int))
    done(
        lambda: registry.issue(row, signer=signer, actor=current_user),
        _("The certificates are entered in the register."),
    )
    return redirect(url_for(".certificates_of", id=id))


def _entry(id: int) -> Certificate:
    return registry.entry(id, book_scope()) or abort(404)


def _entry_form(row: OpenClass) -> EntryForm:
    """Return the form of an entry that replaces another; the default signer is that of the recognition."""
    form = EntryForm()
    form.signer_id.offer(signers.choices(row.training_class))
    recognition = registry.recognition_of(row.class_id)
    if request.method == "GET" and recognition is not None:
        form.signer_id.data = recognition.signer_id
    return form


@bp.route("/certificates/<int:id>/confirm", methods=["GET", "POST"])
@allow(HOSTS)
def confirm(id: int) -> str | Response:
    """Enter a confirmation of a certificate that was lost."""
    entry = _entry(id)
    row = the_class(entry.class_id)
    form = _entry_form(row)
    return asked(
        form,
        lambda: registry.confirm(
            entry,
            reason=form.reason.data or "",
            signer=signers.signer_of(row.training_class, form.signer_id.data),
            actor=current_user,
        ),
        _("The confirmation is entered in the register."),
        address("certificates_of", row),
        row,
        title=_("Confirm certificate %(number)s of %(holder)s", number=entry.full_number, holder=entry.holder),
        told=_("A certificate is issued once. If it was lost or damaged, a confirmation takes its place."),
        submit=_("Enter the confirmation"),
        regulations=REGULATIONS,
    )


@bp.route("/certificates/<int:id>/correct", methods=["GET", "POST"])
@allow(HOSTS)
def reissue(id: int) -> str | Response:
    """Enter a correct certificate in place of one with wrong data."""
    entry = _entry(id)
    row = the_class(entry.class_id)
    form, wrong = _entry_form(row), _wrong(row.class_id).get(entry.id, [])
    person = entry.enrolment.employee
    against = ""
    if entry.kind != CertificateKind.CERTIFICATE or entry.cancelled_at is not None:
        against = _("Only a certificate that counts can be corrected.")
    elif not wrong:
        against = _(
            "The record of %(person)s (%(code)s) says the same as the certificate. Whoever keeps the record puts "
            "it right first; then come back here.",
            person=person.name,
            code=person.code,
        )
    return asked(
        form,
        lambda: registry.reissue(
            entry,
            reason=form.reason.data or "",
            signer=signers.signer_of(row.training_class, form.signer_id.data),
            actor=current_user,
        ),
        _("The corrected certificate is entered in the register; the old one is cancelled."),
        address("certificates_of", row),
        row,
        title=_("Correct certificate %(number)s of %(holder)s", number=entry.full_number, holder=entry.holder),
        told=_(
            "The old entry is cancelled and stays in the register; a new certificate with the next number says "
            "what the record says: %(changes)s.",
            changes="; ".join(f"{one.printed or '–'} → {one.recorded or '–'}" for one in _in_words(wrong)),
        ),
        against=against,
        submit=_("Enter the corrected certificate"),
        regulations=REGULATIONS,
    )


def _in_words(said: list[registry.CertificateDifference]) -> list[registry.CertificateDifference]:
    """Return differences with grades in words."""
    return [
        registry.CertificateDifference(one.field, band(one.printed), band(one.recorded))
        if one.field == "classification"
        else one
        for one in said
    ]


# -- requests of holders --------------------------------------------------------------------------------------


@bp.route("/my-certificates/<int:id>/ask", methods=["GET", "POST"])
@allow(TRAINEES)
def ask_certificate(id: int) -> str | Response:
    """Request a confirmation of a lost certificate, or a corrected one in place of a wrong one."""
    entry = registry.own_certificate(id, current_scope().employee_id or 0) or abort(404)
    form = CertificateRequestForm()
    form.wish.choices = choices_of(CertificateWish)
    if form.validate_on_submit():
        wish = CertificateWish(form.wish.data)
        if done(
            lambda: registry.ask(entry, wish, form.reason.data or "", actor=current_user),
            _("Your request was sent to whoever issued the certificate; the answer comes as a message."),
        ):
            return redirect(url_for(".mine"))
    return render_template(
        "results/ask_certificate.html", entry=entry, form=form, band=band, regulations=REGULATIONS
    )


@bp.get("/certificate-requests")
@allow(HOSTS)
def certificate_requests() -> str:
    """Show the requests of holders, of the classes whose books the reader keeps."""
    columns = (
        ListColumn("at", _l("Asked for at"), lambda r: moment(r.asked_at), (CertificateRequest.id,),
               link=lambda r: url_for(".certificate_request", id=r.id)),
        ListColumn("holder", _l("Person"), lambda r: r.certificate.holder, (Certificate.holder,)),
        ListColumn("number", _l("Certificate"), lambda r: r.certificate.full_number),
        ListColumn("class", _l("Class"), lambda r: r.certificate.training_class.code, (TrainingClass.code,),
               wide_only=True),
        ListColumn("wish", _l("Asks for"), lambda r: CertificateWish(r.wish).label, (CertificateRequest.wish,)),
        ListColumn("state", _l("State"), lambda r: CertificateRequestState(r.state).label,
               (CertificateRequest.state,)),
    )  # fmt: skip
    states = Filter("state", _l("State"), lambda: choices_of(CertificateRequestState),
                    lambda value: CertificateRequest.state == value)  # fmt: skip
    found = listing(
        registry.requests(book_scope()),
        columns,
        default_sort="-at",
        search=Certificate.search_key,
        filters=(states,),
    )
    return render_template("results/certificate_requests.html", page=found)


@bp.route("/certificate-requests/<int:id>", methods=["GET", "POST"])
@allow(HOSTS)
def certificate_request(id: int) -> str | Response:
    """Show one request: answer it with an entry, or refuse it with a reason."""
    row, form = registry.request(id, book_scope()) or abort(404), ResultReasonForm()
    if form.validate_on_submit() and done(
        lambda: registry.refuse_request(row, form.reason.data or "", actor=current_user),
        _("The answer was sent."),
    ):
        return redirect(url_for(".certificate_requests"))
    return render_template(
        "results/certificate_request.html",
        row=row,
        form=form,
        wish=CertificateWish(row.wish),
        state=CertificateRequestState(row.state),
        due=answer_by(row.asked_at.astimezone(ZONE).date()) if row.state == CertificateRequestState.OPEN else None,
        regulations=REGULATIONS,
    )


@bp.route("/certificates/<int:id>/cancel", methods=["GET", "POST"])
@allow(HOSTS)
def cancel(id: int) -> str | Response:
    """Cancel an entry."""
    entry, form = _entry(id), ResultReasonForm()
    row = the_class(entry.class_id)
    return asked(
        form,
        lambda: registry.cancel(entry, reason=form.reason.data or "", actor=current_user),
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
    """Show every entry of the registers, also cancelled ones."""
    scope = book_scope()
    columns = (
        ListColumn(
            "number",
            _l("Number"),
            lambda c: c.full_number,
            (CertificateRegister.year, CertificateRegister.series, Certificate.number),
        ),
        ListColumn("holder", _l("Person"), lambda c: c.holder, (Certificate.holder,)),
        ListColumn(
            "kind", _l("Kind"), lambda c: CertificateKind(c.kind).label, (Certificate.kind,), wide_only=True
        ),
        ListColumn("course", _l("Course"), lambda c: c.course, (Certificate.course,), wide_only=True),
        ListColumn(
            "class",
            _l("Class"),
            lambda c: c.training_class.code,
            (TrainingClass.code,),
            lambda c: url_for("results.certificates_of", id=c.class_id),
        ),
        ListColumn("issued", _l("Issued on"), lambda c: day(c.issued_on), (Certificate.issued_on,)),
        ListColumn("band", _l("Classification"), lambda c: band(c.classification), wide_only=True),
        ListColumn(
            "state",
            _l("State"),
            lambda c: _("Cancelled: %(why)s", why=c.cancel_reason) if c.cancelled_at else _("Counts"),
        ),
    )
    filters = (
        Filter(
            "register",
            _l("Register"),
            lambda: registry.register_choices(scope),
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
        registry.entries(scope),
        columns,
        default_sort="number",
        search=(Certificate.search_key, named(Certificate.class_id, TrainingClass), registry.numbered),
        filters=filters,
    )
    return render_template("results/register.html", page=found)
