"""A real server, a real worker and a real browser over the test's own database."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    found = next((p for n in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(n))), None)
    if found is None:
        pytest.fail("No Chromium: `make browser` installs it or says what to install.")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    return {
        **browser_type_launch_args,
        "executable_path": found,
        "args": [*quiet, "--disable-background-networking", "--disable-component-update"],
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "viewport": {"width": 1280, "height": 900}, "locale": "vi-VN"}


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the application, served from this process by several threads."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app.config["SERVER_NAME"] = None
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}"
    server.shutdown()
    thread.join()
    app.config["SERVER_NAME"] = "127.0.0.1:5000"


@pytest.fixture
def worker(app: Flask, database_url: str, instance_dir: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process on the same database."""
    environment = {**os.environ, "DATABASE_URL": database_url, "TRAINING_INSTANCE": str(instance_dir)}
    process = subprocess.Popen([sys.executable, "-m", "flask", "--app", "wsgi", "work"], cwd=ROOT, env=environment)
    yield process
    process.terminate()
    process.wait(timeout=30)


@pytest.fixture
def complaints(page: Page) -> Iterator[list[str]]:
    """What the browser complained of: script errors, refused by the content security policy, failed requests."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("response", lambda response: found.append(response.url) if response.status >= 500 else None)
    yield found
    assert not found
