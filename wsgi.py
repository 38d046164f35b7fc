"""Entry point of the web server: `gunicorn wsgi:app`; also what `flask` finds."""

import gc

from config import Config
from training import create_app

app = create_app(Config)
gc.freeze()  # what is made once lives for ever: the collector need not walk through it in the middle of a page
