"""Charts, drawn on the server as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert
from flask_babel import get_locale
from flask_babel import gettext as _

_COLOURS = ["#0b5394", "#b45f06"]
# Vega's format of whole numbers: 12,200, or 12.200 in Vietnamese.
_THOUSANDS = {
    False: "format(datum.value, ',d')",
    True: "replace(format(datum.value, ',d'), regexp(',', 'g'), '.')",
}


def score_and_bound(history: Sequence[Sequence[Any]]) -> bytes:
    """Plot score and bound over time, as SVG.

    Args:
        history: [seconds, score in points or None, bound in points or None, …] in the order of time.
    """
    names = {1: _("Score of the best plan"), 2: _("Proven bound")}
    values = [
        {"seconds": line[0], "points": line[column], "series": names[column]}
        for line in history
        for column in names
        if line[column] is not None
    ]
    chart = (
        alt.Chart(alt.InlineData(values=values))
        .mark_line(interpolate="step-after", point={"size": 18}, strokeWidth=2)
        .encode(
            x=alt.X("seconds:Q", title=_("Seconds")),
            y=alt.Y(
                "points:Q",
                title=_("Points"),
                scale=alt.Scale(zero=False),
                axis=alt.Axis(
                    labelExpr=_THOUSANDS[str(get_locale()) == "vi"],
                    titleAngle=0,
                    titleAlign="left",
                    titleY=-8,
                    titleX=-40,
                ),
            ),
            color=alt.Color(
                "series:N",
                title=None,
                scale=alt.Scale(domain=list(names.values()), range=_COLOURS),
                legend=alt.Legend(orient="top", columnPadding=60, labelLimit=400, labelFontSize=12),
            ),
        )
        .properties(width=640, height=260, background="white")
        .configure(font="sans-serif")
    )
    svg: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return svg.encode()
