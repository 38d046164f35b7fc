"""Commands of `flask`: the entry points of administrators and developers."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade

from config import keep_secrets, served_at

from .accounts import operations as accounts
from .core import tasks
from .core.access import Role
from .core.audit import SYSTEM
from .core.db import db
from .core.errors import Refused
from .core.vietnamese import code_key
from .messages.mail import bounces
from .people.models import Employee, Unit
from .running import backup, logs
from .running.serving import serve as serve_here

MIGRATIONS = str(Path(__file__).resolve().parent.parent / "migrations")


_passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File whose first line is the passphrase; not given: it is asked for.",
)


def init_app(app: Flask) -> None:
    @app.cli.command("work")
    @click.option("--concurrency", default=2, show_default=True, help="Jobs done side by side.")
    @click.option("--until-empty", is_flag=True, help="End when no job is waiting.")
    def work(concurrency: int, until_empty: bool) -> None:
        """Do the background work: optimizer runs, imports."""
        logs.write_to_files(app, "worker")
        tasks.run_worker(app, concurrency=concurrency, wait=not until_empty)

    @app.cli.command("serve")
    @click.option("--port", default=5000, show_default=True)
    def serve(port: int) -> None:
        """Migrate, then run the web server and a worker in parallel."""
        app.config["PUBLIC_URL"] = served_at(port)
        upgrade(directory=MIGRATIONS)
        sys.exit(serve_here(port))

    @app.cli.command("user-create")
    @click.argument("code")
    @click.option("--name", required=True, help="Full name.")
    @click.option("--email", required=True)
    @click.option(
        "--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]), required=True
    )
    @click.option("--unit", "units", multiple=True, help="Code of a unit that an officer is over.")
    @click.option("--employee", help="Code of the employee that this account belongs to.")
    @click.password_option()
    def user_create(
        code: str,
        name: str,
        email: str,
        roles: tuple[str, ...],
        units: tuple[str, ...],
        employee: str | None,
        password: str,
    ) -> None:
        """Add an account."""
        try:
            user = accounts.save_user(
                {
                    "code": code,
                    "name": name,
                    "email": email,
                    "roles": [Role(role) for role in roles],
                    "unit_ids": _ids(Unit, units),
                    "employee_id": next(iter(_ids(Employee, (employee,) if employee else ())), None),
                },
                actor=SYSTEM,
            )
            accounts.set_password(user, password, actor=SYSTEM)
            db.session.commit()
        except Refused as refused:
            raise click.ClickException("\n".join(fault.message for fault in refused.faults)) from None
        click.echo(f"{code}: {', '.join(roles)}")

    @app.cli.command("read-bounces")
    @click.argument("mailbox", required=False, type=click.Path(path_type=Path))
    def read_bounces(mailbox: Path | None) -> None:
        """Record bounced mails: from MAILBOX (Maildir or mbox), else by IMAP from the mailbox in the settings."""
        mails = bounces.in_file(mailbox) if mailbox is not None else bounces.in_imap(app.config)
        try:
            found = bounces.read(mails, actor=SYSTEM)
        except Refused as refused:
            raise click.ClickException(str(refused)) from None
        click.echo(", ".join(f"{told.value}: {found[told]}" for told in bounces.BounceOutcome))

    @app.cli.command("backup")
    @click.argument("file", type=click.Path(path_type=Path))
    @_passphrase_file
    def save_all(file: Path, passphrase_file: Path | None) -> None:
        """Copy everything (database and secrets) into FILE, sealed with a passphrase, while people work."""
        passphrase = _passphrase(passphrase_file, new=True)
        try:
            size = backup.save(file.absolute(), app.config, passphrase)
        except Refused as refused:
            raise click.ClickException(str(refused)) from None
        click.echo(f"{file}: {size / 2**20:.1f} MB. Without its passphrase nobody can read it, you included.")

    @app.cli.command("restore")
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @_passphrase_file
    def load_all(file: Path, passphrase_file: Path | None) -> None:
        """Fill an empty database from FILE, and bring it up to this version of the product."""
        sealed = backup.needs_passphrase(file)
        if not sealed:
            click.echo("This file is of an older release and not encrypted: whoever has it can read everything.")
        try:
            secrets = backup.load(file, _passphrase(passphrase_file, new=False) if sealed else "")
        except Refused as refused:
            raise click.ClickException(str(refused)) from None
        upgrade(directory=MIGRATIONS)
        for kept in keep_secrets(Path(app.config["INSTANCE_DIR"]), secrets):
            click.echo(f"Set {kept} to that of the old installation: until then nobody can sign in.")
        click.echo("Everything is back. Start the product.")

    @app.cli.command("demo")
    @click.option("--serve/--no-serve", default=True, help="Serve the demo province at the end.")
    @click.option("--port", default=5000, show_default=True)
    @click.option("--tell/--no-tell", default=True, help="Tell everybody of the plan; then it is not taken back.")
    @click.option("--trainees", default=12_200, show_default=True)
    @click.option("--classes", default=179, show_default=True)
    def demo(serve: bool, port: int, tell: bool, trainees: int, classes: int) -> None:
        """Fill an empty database with a whole province, plan it, publish it, serve it."""
        from .demo import command as demonstration  # a province of real people never loads it

        app.config["PUBLIC_URL"] = served_at(port)  # documents contain the address before anything is served
        upgrade(directory=MIGRATIONS)
        folder = Path(app.config["INSTANCE_DIR"]) / "demo"
        demonstration.run(trainees=trainees, classes=classes, folder=folder, tell=tell)
        if serve:
            demonstration.announce(port)
            os.environ["TRAINING_DEMO"] = "1"  # the served processes show the accounts on the sign-in page
            sys.exit(serve_here(port))


def _passphrase(file: Path | None, *, new: bool) -> str:
    """Return the passphrase from `file`, or from the terminal (twice for a new one)."""
    if file is None:
        if not sys.stdin.isatty():
            raise click.ClickException("Nobody can be asked for the passphrase here: give --passphrase-file.")
        return str(click.prompt("Passphrase", hide_input=True, confirmation_prompt=new))
    if file.stat().st_mode & 0o077:
        raise click.ClickException(f"Others may read {file}: make it its owner's alone (chmod 600 {file}).")
    return (file.read_text(encoding="utf-8").splitlines() or [""])[0]


def _ids(model: type[Unit] | type[Employee], codes: tuple[str, ...]) -> list[int]:
    rows: list[Unit | Employee] = list(
        db.session.scalars(sa.select(model).where(sa.func.upper(model.code).in_([code_key(one) for one in codes])))
    )
    found = {code_key(row.code): row.id for row in rows}
    missing = [code for code in codes if code_key(code) not in found]
    if missing:
        raise click.ClickException(f"No {model.__name__.lower()} has the code {', '.join(missing)}.")
    return [found[code_key(code)] for code in codes]
