"""What the load test serves: the product, and at /bare/ a Flask page that does nothing, in the same processes."""

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from config import Config
from training import create_app

bare = Flask("bare")


@bare.get("/")
def nothing() -> str:
    return "ok"


application = DispatcherMiddleware(create_app(Config), {"/bare": bare})
