"""Entry point of the web server: `gunicorn wsgi:app`; also what `flask` finds."""

from config import Config
from training import create_app

app = create_app(Config)
