"""Pictures of every page that each role reaches, at 1280 and 390 px, to be looked at.

python -m tests.load.screenshots FOLDER      over the database of the settings (run `make demo SERVE=0` first)
"""

from __future__ import annotations

import shutil
import sys
import threading
from pathlib import Path

import sqlalchemy as sa
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from config import Config
from tests.conftest import login
from tests.load.crawl import crawl
from training import create_app
from training.accounts.models import User
from training.core.db import db

WIDTHS = (1280, 390)


def main(folder: Path) -> None:
    app = create_app(Config, WTF_CSRF_ENABLED=False)
    folder.mkdir(parents=True, exist_ok=True)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for role in ("planner", "unit_officer", "trainee", "administrator"):
            with app.app_context():
                query = sa.select(User).where(User.roles.any(name=role)).order_by(User.id)
                user = db.session.scalars(query.limit(1)).one()
                client = app.test_client()
                login(client, user)
                with client.session_transaction() as session:
                    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's own class has it
                    cookie = signer.dumps(dict(session))
            found = crawl(app, client, per_endpoint=1)
            screens = {e: [a for a in addresses if a in found.screens] for e, addresses in found.pages.items()}
            for width in WIDTHS:
                context = browser.new_context(viewport={"width": width, "height": 900}, locale="vi-VN")
                address = f"http://127.0.0.1:{server.port}"
                context.add_cookies([{"name": "session", "value": cookie, "url": address}])
                page = context.new_page()
                for endpoint, addresses in sorted(screens.items()):
                    if addresses:
                        page.goto(address + addresses[0])
                        page.screenshot(path=folder / f"{role}-{endpoint}-{width}.png", full_page=True)
                        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
                        if wide > 0:
                            print(f"{role} {addresses[0]} at {width}: {wide} px too wide")
                context.close()
        browser.close()
    server.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/screenshots"))
