"""Whom the product talks to over TLS (SMTP, IMAP) proves who it is: certificate and name are checked."""

from __future__ import annotations

import ssl

from flask import current_app


def checked() -> ssl.SSLContext:
    """What a line is encrypted with: certificates of the machine's authorities, and of the file of the setting
    `CA_FILE`, for offices with an authority of their own."""
    context = ssl.create_default_context()
    if current_app.config["CA_FILE"]:
        context.load_verify_locations(cafile=current_app.config["CA_FILE"])
    return context
