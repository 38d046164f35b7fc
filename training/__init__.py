"""The web application."""

from typing import Any

from flask import Flask


def create_app(config: object, **overrides: Any) -> Flask:
    """Return the application.

    Args:
        config: an object with the settings of `config.Config`.
        **overrides: settings that replace those (tests).
    """
    # Not at the top: a child that reads one file (`files.confined`) imports a package for that alone.
    from . import cli, features  # see above
    from .core import access, db, errors, forms, i18n, tables, tasks  # see above
    from .files import downloads, strict_json  # see above
    from .running import logs  # see above
    from .web import addresses, confirming, kept_forms, responses, security  # see above

    app = addresses.Application(__name__, template_folder="../templates", instance_path=None)
    app.config.from_object(config)
    app.config.update(overrides)
    addresses.init_app(app)
    logs.init_app(app)
    strict_json.init_app(app)
    responses.init_app(app)
    db.init_app(app)
    i18n.init_app(app)
    errors.init_app(app)
    access.init_app(app)
    forms.init_app(app)
    tables.init_app(app)
    security.init_app(app)
    downloads.init_app(app)
    kept_forms.init_app(app)
    confirming.init_app(app)  # after forged requests are refused and before any view
    features.init_app(app)
    tasks.init_app(app)  # after the features: it collects the jobs that they registered
    cli.init_app(app)
    if app.config["DEMO"]:
        from .demo import sign_in  # a province of real people never loads it

        sign_in.init_app(app)
    return app
