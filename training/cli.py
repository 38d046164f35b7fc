"""Commands of `flask`: the entry points of people at the machine."""

from __future__ import annotations

import click
from flask import Flask

from . import jobs


def init_app(app: Flask) -> None:
    @app.cli.command("work")
    @click.option("--concurrency", default=2, show_default=True, help="Jobs done side by side.")
    @click.option("--until-empty", is_flag=True, help="End when no job is waiting.")
    def work(concurrency: int, until_empty: bool) -> None:
        """Do the long work: optimizer runs, imports."""
        jobs.run_worker(app, concurrency=concurrency, wait=not until_empty)
