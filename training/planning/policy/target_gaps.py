"""The target gaps that a plan may choose from, each with what it is for."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from ...core.i18n import percent

TARGET_GAPS = {  # hundredths of one per cent → what it is for
    10: _l("as good as proven; may take long"),
    20: _l("very close to the best"),
    50: _l("close to the best: green"),
    100: _l("a quick trial: yellow"),
    200: _l("a quicker trial: yellow"),
    500: _l("a first look only: red"),
}


def in_words(gap: int) -> str:
    """Return a target gap, given in hundredths of one per cent, with what it is for, where that is known."""
    share = percent(gap / 10_000, 2 if gap % 10 else 1 if gap % 100 else 0)
    return f"{share} – {TARGET_GAPS[gap]}" if gap in TARGET_GAPS else share


def offered(chosen: object) -> list[tuple[int, str]]:
    """Return the choices, with the one that a plan has already."""
    gaps = {*TARGET_GAPS, *([chosen] if isinstance(chosen, int) else [])}
    return [(gap, in_words(gap)) for gap in sorted(gaps)]
