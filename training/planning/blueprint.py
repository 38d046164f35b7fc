"""The blueprint of the planning pages."""

from flask import Blueprint

bp = Blueprint("planning", __name__)
