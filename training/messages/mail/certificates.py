"""TLS connections (SMTP, IMAP): the certificate and name of the server are checked."""

from __future__ import annotations

import ssl

from flask import current_app


def checked() -> ssl.SSLContext:
    """Return the TLS context with the machine's authorities, and those of the setting `CA_FILE`.

    Offices may have an authority of their own.
    """
    context = ssl.create_default_context()
    if current_app.config["CA_FILE"]:
        context.load_verify_locations(cafile=current_app.config["CA_FILE"])
    return context
