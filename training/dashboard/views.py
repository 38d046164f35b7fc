"""What each role sees first."""

from flask import Blueprint, render_template

from ..access import EVERYBODY, allow

bp = Blueprint("dashboard", __name__)


@bp.get("/")
@allow(EVERYBODY)
def home() -> str:
    return render_template("dashboard/home.html")
