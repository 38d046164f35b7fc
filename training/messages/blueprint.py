"""The blueprint of pages over messages."""

from flask import Blueprint

bp = Blueprint("messages", __name__)
