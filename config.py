"""Every setting of the product, read from the environment. Nothing else reads the environment."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def _flag(name: str, default: bool) -> bool:
    return os.environ.get(name, "1" if default else "0").strip().lower() in {"1", "true", "yes", "on"}


def _words(name: str) -> list[str]:
    return os.environ.get(name, "").replace(",", " ").lower().split()


def _secret(instance_dir: Path, name: str) -> str:
    """A secret from the environment, or one made once and kept readable by its owner alone."""
    given = os.environ.get(name)
    if given:
        return given
    path = instance_dir / f"{name.lower()}.txt"
    if not path.exists():
        instance_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(48))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)  # copied here by hand, or from a machine that did not keep modes
    return path.read_text().strip()


def keep_secrets(instance_dir: Path, secrets_: Mapping[str, str]) -> list[str]:
    """Keep the secrets of a restored installation in place of those that were made here.

    Args:
        secrets_: by their names in `Config`.

    Returns:
        the variables of the environment that say otherwise, and win.
    """
    against = []
    for name, variable in (("SECRET_KEY", "SECRET_KEY"), ("SECURITY_PASSWORD_SALT", "PASSWORD_SALT")):
        path = instance_dir / f"{variable.lower()}.txt"
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets_[name])
        if os.environ.get(variable, secrets_[name]) != secrets_[name]:
            against.append(variable)
    return against


def public_url() -> str:
    """Where people reach the product; not given: this machine, at the port of `flask serve`."""
    given = os.environ.get("TRAINING_PUBLIC_URL")
    return given or f"http://127.0.0.1:{os.environ.get('TRAINING_PORT', '5000')}"


def served_at(port: int) -> str:
    """Tell the port to this process and to all that it starts.

    Returns:
        the public address.
    """
    os.environ["TRAINING_PORT"] = str(port)
    return public_url()


class Config:
    # Folder for the embedded database, secrets and compiled translations.
    INSTANCE_DIR = Path(os.environ.get("TRAINING_INSTANCE", str(ROOT / "instance")))
    # Any PostgreSQL >= 15; empty: the embedded server under INSTANCE_DIR.
    DATABASE_URL = os.environ.get("DATABASE_URL", "")
    # Signs sessions; kept under INSTANCE_DIR when not given.
    SECRET_KEY = _secret(INSTANCE_DIR, "SECRET_KEY")
    # Second ingredient of password hashes.
    SECURITY_PASSWORD_SALT = _secret(INSTANCE_DIR, "PASSWORD_SALT")
    # Behind HTTPS (production): secure cookies and HSTS.
    HTTPS = _flag("TRAINING_HTTPS", False)
    # Where people reach the product, for links in e-mails, QR codes and calendars.
    PUBLIC_URL = public_url()
    # Further names by which people may reach it, beside that of PUBLIC_URL and of this machine; «.tinh.vn» stands
    # for all below it. A request that names any other host is refused.
    TRUSTED_HOSTS = _words("TRAINING_TRUSTED_HOSTS")
    # Reverse proxies in front of us whose X-Forwarded-* headers are trusted.
    PROXIES = int(os.environ.get("TRAINING_PROXIES", "0"))
    # Largest upload in bytes: a workbook of 12,200 people is about 2 MB.
    MAX_CONTENT_LENGTH = int(os.environ.get("TRAINING_MAX_UPLOAD", str(32 * 1024 * 1024)))
    # Cores that one optimizer run may use, and its memory limit in MB (0: none).
    SOLVER_WORKERS = int(os.environ.get("TRAINING_SOLVER_WORKERS", "2"))
    SOLVER_MEMORY_MB = int(os.environ.get("TRAINING_SOLVER_MEMORY_MB", "8192"))
    # The optimizer's own command line; tests put a stand-in here.
    SOLVER_COMMAND: tuple[str, ...] = (sys.executable, "-m", "solver")
    # Folder of the logs of web server and worker and of the access log; «-»: the console. And how many MB they may
    # take together. The embedded database's own log has a bound of its own (20 MB).
    LOG_DIR = os.environ.get("TRAINING_LOG_DIR", "")
    LOG_MB = int(os.environ.get("TRAINING_LOG_MB", "100"))
    # Seconds between two signs of life of a worker; after four missed ones its jobs are done again.
    WORKER_HEARTBEAT = float(os.environ.get("TRAINING_WORKER_HEARTBEAT", "5"))
    # SMTP server for e-mail; empty: nothing is sent.
    MAIL_SERVER = os.environ.get("TRAINING_SMTP_HOST", "")
    MAIL_PORT = int(os.environ.get("TRAINING_SMTP_PORT", "25"))
    MAIL_USERNAME = os.environ.get("TRAINING_SMTP_USER") or None
    MAIL_PASSWORD = os.environ.get("TRAINING_SMTP_PASSWORD") or None
    # Encryption of the way there: STARTTLS, or from the first byte on (SMTPS, port 465). Certificates are checked.
    MAIL_USE_TLS = _flag("TRAINING_SMTP_TLS", False)
    MAIL_USE_SSL = _flag("TRAINING_SMTP_SSL", False)
    # Certificates (PEM) of an authority of one's own, which mail servers (SMTP, IMAP) may have theirs from.
    CA_FILE = os.environ.get("TRAINING_CA_FILE", "")
    MAIL_DEFAULT_SENDER = os.environ.get("TRAINING_MAIL_FROM", "daotao@localhost")
    # Where mails go that cannot be delivered, «thu-tra@tinh.vn»: each under its own «thu-tra+…@tinh.vn», read by
    # `flask read-bounces`. Empty: below the sender's own address; «off»: the sender's address as it is.
    MAIL_BOUNCES = os.environ.get("TRAINING_MAIL_BOUNCES", "")
    # The mailbox that `flask read-bounces` reads when it is given no file.
    BOUNCES_IMAP_HOST = os.environ.get("TRAINING_BOUNCES_IMAP_HOST", "")
    BOUNCES_IMAP_PORT = int(os.environ.get("TRAINING_BOUNCES_IMAP_PORT", "993"))
    BOUNCES_IMAP_USER = os.environ.get("TRAINING_BOUNCES_IMAP_USER", "")
    BOUNCES_IMAP_PASSWORD = os.environ.get("TRAINING_BOUNCES_IMAP_PASSWORD", "")
    # At port 143 without STARTTLS: the password goes over the line as it is. For a server on the same machine.
    BOUNCES_IMAP_PLAIN = _flag("TRAINING_BOUNCES_IMAP_PLAIN", False)
    BOUNCES_IMAP_FOLDER = os.environ.get("TRAINING_BOUNCES_IMAP_FOLDER", "INBOX")
    # Sessions end after minutes without a request, and after hours whatever happens; with «Stay signed in on this
    # machine» both are days.
    SESSION_IDLE_MINUTES = float(os.environ.get("TRAINING_SESSION_IDLE_MINUTES", "120"))
    SESSION_LONGEST_HOURS = float(os.environ.get("TRAINING_SESSION_LONGEST_HOURS", "12"))
    REMEMBER_IDLE_DAYS = float(os.environ.get("TRAINING_REMEMBER_IDLE_DAYS", "7"))
    REMEMBER_LONGEST_DAYS = float(os.environ.get("TRAINING_REMEMBER_LONGEST_DAYS", "30"))
    # Days for which a password that an administrator set opens the page of choosing one's own.
    # Days before a deadline from which approvers and units are reminded; days before a class from which missing
    # answers are asked for, and until which they may be given.
    REMIND_DAYS = int(os.environ.get("TRAINING_REMIND_DAYS", "3"))
    ANSWERS_FROM_DAYS = int(os.environ.get("TRAINING_ANSWERS_FROM_DAYS", "14"))
    ANSWERS_UNTIL_DAYS = int(os.environ.get("TRAINING_ANSWERS_UNTIL_DAYS", "7"))
    FIRST_PASSWORD_DAYS = float(os.environ.get("TRAINING_FIRST_PASSWORD_DAYS", "7"))
    # The demo province: accounts with a known password are announced on the sign-in page.
    DEMO = _flag("TRAINING_DEMO", False)
