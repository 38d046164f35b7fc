"""Accounts of the demo province: all with one known password, so never for a province of real people."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from flask_security.utils import hash_password

from ..accounts import operations
from ..accounts.models import RoleRecord, User
from ..core.access import Role
from ..core.audit import SYSTEM, operation
from ..core.db import db
from ..courses.models import Host
from ..needs.models import Need
from ..people.models import Employee, Unit

PASSWORD = "daotao-2020"
PLANNER = "kehoach"
HOST = "TCT"  # the provincial political school


def create_accounts() -> None:
    """Create one account of each role, and a trainee account for everybody.

    Officer and head are those of the unit with the most people.
    """
    hashed = hash_password(PASSWORD)  # once: 12,200 slow hashes would take longer than the whole plan
    unit = db.session.scalars(
        sa.select(Unit).join(Employee, Employee.unit_id == Unit.id).group_by(Unit.id)
        .order_by(sa.func.count(Employee.id).desc(), Unit.id).limit(1)
    ).one()  # fmt: skip
    host = db.session.scalars(sa.select(Host.id).where(Host.code == HOST)).one()
    with operation(SYSTEM, "demo.accounts") as session:
        for code, name, role, units in (
            (PLANNER, "Nguyễn Kế Hoạch", Role.PLANNER, []),
            ("quantri", "Trần Quản Trị", Role.ADMINISTRATOR, []),
            ("donvi", "Phạm Đầu Mối", Role.UNIT_OFFICER, [unit.id]),
            ("thutruong", "Lê Thủ Trưởng", Role.LEADER, [unit.id]),
            ("thamdinh", "Vũ Thẩm Định", Role.APPRAISER, []),
            ("taichinh", "Đỗ Tài Chính", Role.FINANCE, []),
            ("lanhdao", "Bùi Lãnh Đạo", Role.LEADER, []),
            ("coso", "Ngô Cơ Sở", Role.HOST, []),
        ):
            values = {"code": code, "name": name, "email": f"{code}@demo.vn", "roles": [role], "unit_ids": units}
            if role == Role.HOST:
                values["host_ids"] = [host]
            user = operations.save_user(values, actor=SYSTEM)
            user.password = hashed
        trainee = session.scalars(sa.select(RoleRecord).where(RoleRecord.name == Role.TRAINEE)).one()
        people = session.execute(sa.select(Employee.id, Employee.code, Employee.name)).all()
        session.add_all(
            User(
                code=code,
                name=name,
                email=f"{code.lower()}@demo.vn",
                password=hashed,
                active=True,
                fs_uniquifier=secrets.token_hex(16),
                employee_id=employee_id,
                roles=[trainee],
            )
            for employee_id, code, name in people
        )


def shown_accounts() -> list[tuple[str, str]]:
    """Return (account, description) of the accounts worth trying first."""
    trainee = db.session.scalar(
        sa.select(Employee.code).join(Need, Need.employee_id == Employee.id).order_by(Need.id).limit(1)
    )
    unit = db.session.scalar(sa.select(Unit.name).join(User.units).where(User.code == "donvi"))
    return [
        ("kehoach", "người lập kế hoạch / planner"),
        ("donvi", f"cán bộ đầu mối / unit officer: {unit}"),
        ("thutruong", f"thủ trưởng đơn vị / head of unit: {unit}"),
        ("thamdinh", "người thẩm định / appraiser"),
        ("taichinh", "cán bộ tài chính / finance officer"),
        ("lanhdao", "lãnh đạo tỉnh / leader"),
        ("coso", "cơ sở đào tạo: Trường Chính trị / host of classes"),
        (trainee or "", "học viên / trainee (mọi mã nhân sự đều đăng nhập được)"),
        ("quantri", "quản trị viên / administrator"),
    ]
