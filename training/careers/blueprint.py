"""The blueprint of the pages of careers."""

from flask import Blueprint

bp = Blueprint("careers", __name__)
