"""Issuers of papers in the demo province, and the first papers: the plan decision and those of the first class.

Summons are left for the person who tries the demo.
"""

from __future__ import annotations

import sqlalchemy as sa

from ..core.access import ALL
from ..core.audit import SYSTEM, operation
from ..core.db import db
from ..core.i18n import today
from ..courses.models import Host
from ..documents import operations
from ..documents.models import Issuer, Paper, Signer
from ..documents.operations import Terms
from ..documents.papers.grounds import USUAL
from ..enrolments.models import OpenClass
from ..planning.models import Plan
from .accounts import HOST

_COPIES = "Các cơ quan, đơn vị có học viên;\nĐơn vị chủ trì lớp học;\nLưu: VT, CCVC."


def create_offices() -> None:
    """Create issuers and signers: the province, the department, the school whose classes the demo shows."""
    with operation(SYSTEM, "demo.papers"):
        people_committee = _issuer("UBND", "Ủy ban nhân dân tỉnh Quảng Ninh", None, None)
        _signer(people_committee, "Phạm Quang Vinh", "Phó Chủ tịch", "KT", "Chủ tịch")
        home_affairs = _issuer("SNV", "Sở Nội vụ", "Ủy ban nhân dân tỉnh Quảng Ninh", None)
        _signer(home_affairs, "Nguyễn Thị Minh Hạnh", "Phó Giám đốc", "KT", "Giám đốc")
        _signer(home_affairs, "Vũ Đức Thành", "Giám đốc", "own", None)
        host = db.session.scalars(sa.select(Host).where(Host.code == HOST)).one()
        school = _issuer(host.code, host.name, "Tỉnh ủy Quảng Ninh", host.id)
        _signer(school, "Trần Hồng Quân", "Hiệu trưởng", "own", None)


def create_papers(plan: Plan) -> None:
    """Create the first papers of a plan in force."""
    chairman, deputy = (
        db.session.scalars(sa.select(Signer).where(Signer.name == name)).one()
        for name in ("Phạm Quang Vinh", "Nguyễn Thị Minh Hạnh")
    )
    opened = db.session.scalars(
        sa.select(OpenClass).where(OpenClass.plan_id == plan.id).order_by(OpenClass.id).limit(1)
    ).one()
    for kind, subject_id, signer in (
        (Paper.PLAN_DECISION, plan.id, chairman),
        (Paper.OPENING_DECISION, opened.class_id, deputy),
        (Paper.TRAINEE_LIST, opened.class_id, deputy),
    ):
        terms = Terms(signer.issuer, signer, today(), USUAL.get(kind, ()))
        operations.issue(kind, subject_id, terms, actor=SYSTEM, scope=ALL)


def _issuer(code: str, name: str, parent: str | None, host_id: int | None) -> Issuer:
    return operations.save_issuer(
        {
            "code": code,
            "name": name,
            "parent_name": parent,
            "place_name": "Quảng Ninh",
            "host_id": host_id,
            "copies": _COPIES,
        },
        actor=SYSTEM,
    )


def _signer(issuer: Issuer, name: str, title: str, authority: str, of_whom: str | None) -> Signer:
    db.session.flush()
    return operations.save_signer(
        {"issuer_id": issuer.id, "name": name, "title": title, "authority": authority, "of_whom": of_whom},
        actor=SYSTEM,
    )
