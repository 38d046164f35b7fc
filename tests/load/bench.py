"""`make bench`: the pages of the demo province at full size, and the optimizer beside its peers.

python -m tests.load.bench            both
python -m tests.load.bench pages      the pages alone: median of 7 requests, per role
python -m tests.load.bench solver     the optimizer alone
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from config import Config
from tests.conftest import login
from tests.load.crawl import crawl
from training import create_app
from training.accounts.models import User
from training.db import db

ROUNDS = 7


def _person(role: str) -> User | None:
    return db.session.scalar(sa.select(User).where(User.roles.any(name=role)).order_by(User.id).limit(1))


def pages(app: Flask) -> None:
    """Every page that each role reaches by links: median and slowest time of a request, in ms."""
    slow = []
    for role in ("planner", "unit_officer", "trainee", "administrator"):
        with app.app_context():
            user = _person(role)
            if user is None:
                sys.exit("The database is empty: run `make demo SERVE=0` first.")
            client = app.test_client()
            login(client, user)
        found = crawl(app, client)
        for broken in found.broken:
            print("BROKEN", broken)
        print(f"\n{role}\n{'page':<60}{'median ms':>10}{'max ms':>10}{'kB':>8}")
        for endpoint, addresses in sorted(found.pages.items()):
            if endpoint == "static" or endpoint.startswith("bootstrap."):
                continue
            for address in addresses:
                times = []
                for _ in range(ROUNDS):
                    began = time.perf_counter()
                    response = client.get(address)
                    times.append(1000 * (time.perf_counter() - began))
                median = statistics.median(times)
                if median > 200:
                    slow.append(f"{role} {address}: {median:.0f} ms")
                print(f"{address[:58]:<60}{median:>10.0f}{max(times):>10.0f}{len(response.data) / 1000:>8.0f}")
    print("\nover 200 ms at the median:", *(slow or ["none"]), sep="\n  ")


def solver() -> None:
    """Three seeds of full size beside the peers, in one run."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for seed in (1, 2, 3):
            files.append(str(Path(folder) / f"seed-{seed}.json"))
            command = [sys.executable, "-m", "solver", "generate", "--seed", str(seed), "-o", files[-1]]
            subprocess.run(command, check=True)
        subprocess.run([sys.executable, "-m", "solver", "bench", *files, "--time-limit", "60"], check=True)


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["pages", "solver"]
    if "pages" in wanted:
        pages(create_app(Config, WTF_CSRF_ENABLED=False))
    if "solver" in wanted:
        solver()
