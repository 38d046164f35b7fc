"""Internationalisation: Vietnamese first, English second; dates, numbers and money in Vietnamese notation.

Message ids are English. Each feature keeps its Vietnamese texts in `translations/vi/<feature>.po`; they are
compiled together into the instance folder when the application starts, so no compiled file can be stale.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Blueprint, Flask, Response, redirect, request, session, url_for
from flask_babel import Babel, get_locale

from ..web.addresses import is_local
from .access import public

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
SOURCES = Path(__file__).parent.parent / "translations" / "vi"

bp = Blueprint("language", __name__)


def merged_catalogue() -> Catalog:
    """Return the Vietnamese catalogues of all features as one.

    Raises:
        ValueError: two features translate one text differently.
    """
    merged = Catalog(locale="vi", charset="utf-8")
    for path in sorted(SOURCES.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="vi", charset="utf-8"):
                if not message.id:
                    continue
                known = merged.get(message.id)
                if known and known.string != message.string:
                    raise ValueError(
                        f"{path.name}: {message.id!r} is {message.string!r}, elsewhere {known.string!r}"
                    )
                merged.add(message.id, message.string)
    return merged


def _compile(target: Path) -> None:
    """Compile the catalogues into `target` unless it was made of the same texts.

    File times are no evidence, because a restored or copied instance is newer than the texts of a new release.
    """
    made_of, digest = target.with_suffix(".sha256"), hashlib.sha256()
    for path in sorted(SOURCES.glob("*.po")):
        digest.update(path.read_bytes())
    if target.exists() and made_of.exists() and made_of.read_text() == digest.hexdigest():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(f".{id(target)}.tmp")
    with temporary.open("wb") as file:
        write_mo(file, merged_catalogue())
    temporary.replace(target)
    made_of.write_text(digest.hexdigest())


def _locale() -> str:
    return session.get("language", "vi") if request else "vi"


@bp.post("/language/<code>")
@public
def choose(code: str) -> Response:
    if code in LANGUAGES:
        session["language"] = code
    target = request.form.get("next", "")
    return redirect(target if is_local(target) else url_for("dashboard.home"))  # type: ignore[return-value]  # Werkzeug's own Response


def today() -> date:
    """Return the day in Việt Nam."""
    return datetime.now(ZONE).date()


def day(value: date | None) -> str:
    """Return dd/mm/yyyy."""
    return f"{value:%d/%m/%Y}" if value else ""


def moment(value: datetime | None) -> str:
    """Return dd/mm/yyyy HH:MM in Vietnamese time."""
    return f"{value.astimezone(ZONE):%d/%m/%Y %H:%M}" if value else ""


def number(value: int | float | None, decimals: int = 0) -> str:
    """Return 12.200 in Vietnamese, 12,200 in English; «–» for None."""
    if value is None:
        return "–"
    text = f"{value:,.{decimals}f}"
    if str(get_locale() or "vi") == "vi":
        text = text.translate(str.maketrans(",.", ".,"))
    return text


def money(value: int | None) -> str:
    """Return 12.200.000 đ."""
    return "–" if value is None else f"{number(value)}\u00a0đ"


def percent(value: float | None, decimals: int = 1) -> str:
    """Return a fraction as a percentage: 0.0123 → 1,2 %."""
    return "–" if value is None else f"{number(100 * value, decimals)}\u00a0%"


def init_app(app: Flask) -> None:
    folder = Path(app.config["INSTANCE_DIR"]) / "translations"
    _compile(folder / "vi" / "LC_MESSAGES" / "messages.mo")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(folder)
    Babel(app, default_locale="en", default_timezone="Asia/Ho_Chi_Minh", locale_selector=_locale)
    app.register_blueprint(bp)
    app.jinja_env.filters.update(day=day, moment=moment, number=number, money=money, percent=percent)
    app.jinja_env.globals.update(LANGUAGES=LANGUAGES, get_locale=get_locale, today=today)
