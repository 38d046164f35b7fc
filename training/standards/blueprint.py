"""The blueprint of all view modules of standards."""

from flask import Blueprint

bp = Blueprint("standards", __name__)
