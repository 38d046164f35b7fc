"""Who has a seat for a course already, and is registered for it again: allowed, and said on every path."""

from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.enrolments.conftest import Published
from tests.needs.test_two_rounds import previewed, second_round


def test_a_seat_is_told(client: FlaskClient, published: Published, province: Province, people: People) -> None:
    second = second_round(province)
    assert published.seats()["NV001/CV"] == "L001"
    (found,) = previewed([("D2", "NV001", "CV", "")])
    assert "đã được xếp học “Quản lý nhà nước ngạch chuyên viên”: L001" in found[2]
    login(client, people.an)
    data = {"people": province.chi.id, "priority": "2", "note": ""}
    page = client.post(
        f"/rounds/{second.id}/register?course={province.basic.id}", data=data, follow_redirects=True
    )
    assert "Trần Thị Chi: đã được xếp học" in page.text
