"""`make bench`: the pages of the demo province at full size, and the optimizer beside its peers.

python -m tests.load.bench            everything
python -m tests.load.bench pages      the pages alone: median of 7 requests, per role
python -m tests.load.bench solver     the optimizer beside its peers, two minutes for each
python -m tests.load.bench scaling    the optimizer on one, two, five and ten provinces
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from tests.conftest import login
from tests.load.crawl import crawl
from training.accounts.models import User
from training.core.access import Role
from training.core.db import db

ROUNDS = 7
SOLVER = [sys.executable, "-m", "solver"]
PAGE = "docs/optimizer.md"  # the tables go between its markers


def _person(role: str) -> User | None:
    return db.session.scalar(sa.select(User).where(User.roles.any(name=role)).order_by(User.id).limit(1))


def pages(app: Flask) -> None:
    """Every page that each role reaches by links: median and slowest time of a request, in ms."""
    slow = []
    for role in map(str, Role):
        with app.app_context():
            user = _person(role)
            if user is None:
                print(f"nobody is {role}: run `make demo SERVE=0` first")
                continue
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
    """A province, a term and a small plan beside the peers; where the gap of three provinces comes from."""
    shapes = {
        "province-1": ["--seed", "1"],
        "term": ["--shape", "term", "--trainees", "5000", "--classes", "950"],
        "small": ["--trainees", "600", "--classes", "24"],
        "province-2": ["--seed", "2"],
        "province-3": ["--seed", "3"],
    }
    with tempfile.TemporaryDirectory() as folder:
        files = {name: str(Path(folder) / f"{name}.json") for name in shapes}
        for name, options in shapes.items():
            subprocess.run([*SOLVER, "generate", *options, "-o", files[name]], check=True)
        compared = [files[name] for name in ("province-1", "term", "small")]
        subprocess.run([*SOLVER, "bench", *compared, "--time-limit", "120", "--into", PAGE], check=True)
        provinces = [files[f"province-{seed}"] for seed in (1, 2, 3)]
        subprocess.run([*SOLVER, "bench", "--way", *provinces, "--time-limit", "300", "--into", PAGE], check=True)


def scaling() -> None:
    """One, two, five and ten provinces in one plan: time to a gap of 1 % and memory."""
    options = [
        "--scaling",
        "1,2,5,10",
        "--time-limit",
        "600",
        "--into",
        PAGE,
        "--chart",
        "docs/images/scaling.svg",
    ]
    subprocess.run([*SOLVER, "bench", *options], check=True)


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["solver", "scaling", "pages"]
    if "solver" in wanted:
        solver()
    if "scaling" in wanted:
        scaling()
    if "pages" in wanted:  # last: it needs the demo's database
        pages(import_module("wsgi").app)
