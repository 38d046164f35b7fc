"""Signing in: by account or e-mail, in Vietnamese, slowed down after repeated failures."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from config import Config
from tests.conftest import PASSWORD, Browser, People, login
from training import create_app
from training.accounts.models import Attempt
from training.accounts.operations import deactivate_user, set_password
from training.core import tasks
from training.core.audit import AuditEntry, utcnow
from training.core.db import db
from training.messages.mail import sending

_WRONG = "Tài khoản hoặc mật khẩu không đúng."
_LOCKED = "Đăng nhập sai quá nhiều lần"


def _sign_in(client: FlaskClient, identity: str, password: str = PASSWORD, address: str = "10.0.0.1") -> str:
    response = client.post(
        "/login", data={"identity": identity, "password": password}, environ_base={"REMOTE_ADDR": address}
    )
    return response.headers.get("Location", "") or response.get_data(as_text=True)


@pytest.mark.parametrize("identity", ["NV001", "nv001@example.vn", " NV001@EXAMPLE.VN "])
def test_by_account_or_mail(client: FlaskClient, people: People, identity: str) -> None:
    assert _sign_in(client, identity) == "/"
    assert client.get("/my-record").status_code == 200


def test_the_page_is_ours_and_vietnamese(client: FlaskClient) -> None:
    page = client.get("/login").get_data(as_text=True)
    assert "Đăng nhập" in page
    assert "Mật khẩu" in page
    assert "Login" not in page


def test_whoever_asked_for_a_page_arrives_there_and_never_elsewhere(client: FlaskClient, people: People) -> None:
    sent = client.get("/people?q=chi")
    assert sent.status_code == 302
    where = client.post(sent.headers["Location"], data={"identity": "an", "password": PASSWORD})
    assert where.headers["Location"] == "/people?q=chi"
    client.post("/logout")
    answer = client.post("/login?next=https://evil.example/", data={"identity": "an", "password": PASSWORD})
    assert "evil.example" not in answer.headers.get("Location", "")


def test_the_answer_never_tells_whether_an_account_exists(client: FlaskClient, people: People) -> None:
    known, unknown = _sign_in(client, "an", "sai mật khẩu"), _sign_in(client, "aa", "sai mật khẩu")
    assert _WRONG in known
    assert _WRONG in unknown
    assert known.count("alert-danger") == unknown.count("alert-danger") == 1


def test_after_five_failures_nothing_is_tried_for_a_while(client: FlaskClient, people: People) -> None:
    for _attempt in range(5):
        assert _WRONG in _sign_in(client, "an", "sai mật khẩu")
    assert _LOCKED in _sign_in(client, "AN")  # the right password does not help now
    assert _sign_in(client, "binh") == "/"  # a colleague at the same address is not kept out
    client.post("/logout")

    db.session.execute(sa.update(Attempt).values(at=utcnow() - timedelta(minutes=16)))
    db.session.commit()
    assert _sign_in(client, "an") == "/"


def test_an_owner_elsewhere_still_gets_in_and_then_starts_from_nought(client: FlaskClient, people: People) -> None:
    for _attempt in range(5):
        _sign_in(client, "an", "sai mật khẩu", address="10.0.0.9")
    assert _sign_in(client, "an", address="10.0.0.1") == "/"
    client.post("/logout")
    for _attempt in range(4):
        _sign_in(client, "binh", "sai mật khẩu")
    assert _sign_in(client, "binh") == "/"
    client.post("/logout")
    assert _WRONG in _sign_in(client, "binh", "sai mật khẩu")
    assert _sign_in(client, "binh") == "/"


def test_guessing_one_account_from_many_addresses_is_stopped_too(client: FlaskClient, people: People) -> None:
    for number in range(20):
        _sign_in(client, "an", "sai mật khẩu", address=f"10.0.1.{number}")
    assert _LOCKED in _sign_in(client, "an", address="10.0.2.1")


def test_many_failures_at_one_address_keep_nobody_else_out(client: FlaskClient, people: People) -> None:
    for number in range(101):
        _sign_in(client, f"ai-do-{number}", "sai mật khẩu")
    assert _sign_in(client, "an") == "/", "somebody who never signed in from there"
    client.post("/logout")
    assert _WRONG in _sign_in(client, "binh", "sai mật khẩu")
    assert _LOCKED in _sign_in(client, "binh"), "there one free try is left to each account"


def test_waits_grow(client: FlaskClient, people: People) -> None:
    def pass_(minutes: float) -> None:
        db.session.execute(sa.update(Attempt).values(at=utcnow() - timedelta(minutes=minutes)))
        db.session.commit()

    for _attempt in range(5):
        _sign_in(client, "an", "sai mật khẩu")
    for minutes in (1, 2, 4, 8, 16, 30, 30):
        assert f"Xin đợi {minutes} phút" in _sign_in(client, "an", "sai mật khẩu")
        pass_(minutes + 0.1)
        assert _WRONG in _sign_in(client, "an", "sai mật khẩu")


def test_another_spelling_of_the_name_is_no_new_try(client: FlaskClient, people: People) -> None:
    for spelling in ("an", "AN", " an ", "an\u200b", "a\u00adn"):
        assert _WRONG in _sign_in(client, spelling, "sai mật khẩu")
    assert _LOCKED in _sign_in(client, "an")
    for number in range(5):  # one customer has a whole network of IPv6
        _sign_in(client, "binh", "sai mật khẩu", address=f"2001:db8:1:2::{number}")
    assert _LOCKED in _sign_in(client, "binh", address="2001:db8:1:2:ffff::1")
    assert _sign_in(client, "binh", address="2001:db8:1:3::1") == "/"


def _tries(client: FlaskClient, names: list[str], address: str = "10.0.0.1") -> list[str]:
    """What is answered to a wrong password under each of these names, but for the form's own lines."""
    answers = [_sign_in(client, name, "sai mật khẩu", address) for name in names]
    return [re.sub(r'value="[^"]*"|content="[^"]*"', "", answer) for answer in answers]


def test_the_names_of_an_account_are_no_more_tries(client: FlaskClient, people: People) -> None:
    names = ["an", "an@example.vn", " AN@Example.VN ", "aN", "an@example.vn\u200b"]
    assert all(_WRONG in answer for answer in _tries(client, names))
    for name in ("an", "an@example.vn", "AN"):
        assert _WRONG in _sign_in(client, name), "the right password does not help under any of them"
    for number in range(20):  # from everywhere, by turns
        _sign_in(client, ("binh", "binh@example.vn")[number % 2], "sai mật khẩu", address=f"10.0.1.{number}")
    assert _WRONG in _sign_in(client, "binh", address="10.0.2.1")
    assert _WRONG in _sign_in(client, "binh@example.vn", address="10.0.2.2")


def test_failures_under_one_name_do_not_show_which_address_belongs_to_the_account(
    client: FlaskClient, people: People
) -> None:
    """After an account's free tries, its e-mail address is answered like any address that nobody has."""
    assert _LOCKED in _tries(client, ["NV001"] * 6)[-1]
    answers = _tries(client, ["NV001@example.vn", "khong-ai@example.vn"])
    assert answers[0] == answers[1]
    assert _WRONG in answers[0]


def test_guesses_at_the_present_password_count_with_those_under_either_name(
    client: FlaskClient, people: People
) -> None:
    _tries(client, ["NV001@example.vn"] * 3)
    login(client, people.chi)
    new = "trời xanh mây trắng 7"
    data = {"password": "không phải", "new_password": new, "new_password_confirm": new}
    for _attempt in range(2):
        client.post("/change", data=data, environ_base={"REMOTE_ADDR": "10.0.0.1"})
    client.post("/logout")
    assert _WRONG in _sign_in(client, "NV001@example.vn"), "five failures of one account, by whichever name"


def test_success_under_one_name_forgets_failures_under_the_other(client: FlaskClient, people: People) -> None:
    _tries(client, ["an@example.vn"] * 4)
    assert _sign_in(client, "an") == "/"
    client.post("/logout")
    assert all(_WRONG in answer for answer in _tries(client, ["an@example.vn"] * 4))


def test_a_name_that_nobody_has_gets_the_same_answers(client: FlaskClient, people: People) -> None:
    for known, unknown in (("an", "khong-ai"), ("binh@example.vn", "khong-ai@example.vn")):
        answers = [_tries(client, [name] * 8) for name in (known, unknown)]
        assert answers[0] == answers[1]
        assert [_LOCKED in answer for answer in answers[1]] == [False] * 5 + [True] * 3


def test_an_owner_gets_in_from_where_they_signed_in_before(client: FlaskClient, people: People) -> None:
    assert _sign_in(client, "an", address="10.0.0.1") == "/"
    client.post("/logout")
    for number in range(40):
        _sign_in(client, "an", "sai mật khẩu", address=f"10.0.1.{number}")
    assert _LOCKED in _sign_in(client, "an", address="10.0.2.1")
    assert _sign_in(client, "an", address="10.0.0.1") == "/"


def test_sign_ins_and_failures_stand_in_the_audit_log(client: FlaskClient, people: People) -> None:
    _sign_in(client, "an", "sai mật khẩu")
    _sign_in(client, "mật khẩu gõ nhầm ô", "x")
    _sign_in(client, "an", address="10.7.7.7")
    client.post("/logout")
    _sign_in(client, "quan")
    page = client.get("/audit-log").text.split("<tbody>")[1]
    assert page.count("Đăng nhập không thành công") == 2
    assert "gõ nhầm ô" not in page, "it may be a password"
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.operation == "accounts.sign_in").order_by(AuditEntry.id)
    ).first()
    assert entry is not None
    assert (entry.actor_id, entry.after) == (people.an.id, {"address": "10.7.7.7", "ways": ["password"]})
    shown = client.get(f"/audit-log/{entry.id}").text
    assert "10.7.7.7" in shown
    assert "Đăng nhập" in shown


def test_a_closed_account_is_told_so_only_with_its_password(client: FlaskClient, people: People) -> None:
    deactivate_user(people.an, actor=people.quan)
    db.session.commit()
    assert "đã bị khóa" in _sign_in(client, "an")
    assert _WRONG in _sign_in(client, "an", "sai mật khẩu")


def test_everybody_changes_their_own_password(client: FlaskClient, people: People) -> None:
    set_password(people.chi, "mật khẩu đầu tiên", actor=people.quan)
    db.session.commit()
    login(client, people.chi)
    assert "Mật khẩu hiện tại" in client.get("/change").get_data(as_text=True)
    data = {
        "password": "không phải",
        "new_password": "mật khẩu thứ hai",
        "new_password_confirm": "mật khẩu thứ hai",
    }
    assert "Mật khẩu hiện tại không đúng" in client.post("/change", data=data).get_data(as_text=True)
    data |= {"password": "mật khẩu đầu tiên", "new_password_confirm": "mật khẩu thứ ba"}
    assert "không giống nhau" in client.post("/change", data=data).get_data(as_text=True)
    short = data | {"new_password": "ngắn", "new_password_confirm": "ngắn"}
    assert "Ít nhất 8 ký tự" in client.post("/change", data=short).get_data(as_text=True)
    data |= {"new_password_confirm": "mật khẩu thứ hai"}
    assert client.post("/change", data=data).status_code == 302
    entry = db.session.scalar(sa.select(AuditEntry).where(AuditEntry.operation == "accounts.change_own"))
    assert entry is not None
    assert entry.actor_id == people.chi.id
    client.post("/logout")
    assert _sign_in(client, "NV001", "mật khẩu thứ hai") == "/"


def test_a_forgotten_password_is_reset_by_mail_where_there_is_a_mail_server(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How its mail travels: `tests/messages/test_account_mails.py`."""
    mailing = create_app(
        Config,
        **{
            key: app.config[key]
            for key in ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")
        },
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        MAIL_SERVER="127.0.0.1",
    )
    letters: list[str] = []
    monkeypatch.setattr(sending, "_hand_over", lambda _server, _row, worded: letters.append(worded["body"]))
    mailing.test_client_class = Browser
    client = mailing.test_client()
    assert "Gửi liên kết" in client.get("/reset").get_data(as_text=True)

    answers = []
    for address in ("nv001@example.vn", "khong-co@example.vn"):
        answers.append(client.post("/reset", data={"email": address}).get_data(as_text=True))
    # Nobody learns whether an account exists.
    assert [answer.count("Nếu tài khoản tồn tại") for answer in answers] == [1, 1]

    # A thread of its own: browser tests leave an event loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(tasks.run_worker, mailing, wait=False).result(60)
    (sent,) = letters
    link = re.search(r"/reset/[\w.\-]+", sent)
    assert link is not None
    assert "Nhập lại mật khẩu mới" in client.get(link[0]).get_data(as_text=True)
    new = {"password": "mật khẩu hoàn toàn mới", "password_confirm": "mật khẩu hoàn toàn mới"}
    client.post(link[0], data=new)
    assert _sign_in(client, "NV001", "mật khẩu hoàn toàn mới") == "/"


def test_the_known_password_is_told_in_a_demo_alone(app: Flask, client: FlaskClient, people: People) -> None:
    assert "daotao-2020" not in client.get("/login").get_data(as_text=True)
    keys = ("INSTANCE_DIR", "DATABASE_URL", "SECRET_KEY", "SECURITY_PASSWORD_SALT")
    demo = create_app(Config, **{key: app.config[key] for key in keys}, TESTING=True, DEMO=True)
    page = demo.test_client().get("/login").get_data(as_text=True)
    assert "daotao-2020" in page
    assert "kehoach" in page
