"""Entry point of the web server: `gunicorn wsgi:app`; also what `flask` finds."""

import gc

import click

from config import Config
from training import create_app
from training.running import logs

app = create_app(Config)
if click.get_current_context(silent=True) is None:  # a command tells whoever typed it; a server writes its log
    logs.write_to_files(app, "web")
gc.freeze()  # what is made once lives for ever: the collector need not walk through it in the middle of a page
