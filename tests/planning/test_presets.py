"""The policy page begins with named policies: each chooses the numbers, and is known by them again."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.conftest import People, Province, login
from tests.planning.conftest import Planned
from training.core.db import db
from training.planning import operations
from training.planning.models import OptimizerRun, Plan
from training.planning.policy import presets
from training.planning.policy.presets import FIELDS, Preset

NAMED = [preset for preset in Preset if preset is not Preset.OWN]


def opened(client: FlaskClient, path: str) -> dict[str, str]:
    """The fields of the plan's form as the page shows them, without scripts."""
    page = client.get(path).text
    form = re.search(r'<form method="post"[^>]*class="app-form".*?</form>', page, re.DOTALL)
    assert form is not None
    found: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", form[0]):
        told = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if "name" in told and (told.get("type") != "radio" or " checked" in tag):
            found[told["name"]] = told.get("value", "")
    for name, choices in re.findall(r'<select\b[^>]*name="(\w+)".*?>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"', choices)
        found[name] = chosen[1] if chosen else ""
    return found


def numbers_of(plan: Plan) -> dict[str, int]:
    db.session.expire_all()
    return {key: getattr(plan, key) for key in FIELDS}


def save(client: FlaskClient, plan: Plan, **changes: str) -> str:
    """Open the page, change some fields, and save; return the page that answers."""
    address = f"/plans/{plan.id}/edit"
    return client.post(address, data={**opened(client, address), **changes}, follow_redirects=True).text


@pytest.mark.parametrize("preset", NAMED)
def test_a_named_policy_chooses_the_numbers_and_is_known_again(
    client: FlaskClient, people: People, planned: Planned, preset: Preset
) -> None:
    login(client, people.an)
    page = save(client, planned.plan, preset=preset)
    assert numbers_of(planned.plan) == preset.numbers
    assert unescape(page).count(preset.label) == 1, "the plan's page names it"
    again = opened(client, f"/plans/{planned.plan.id}/edit")
    assert again["preset"] == preset
    assert again["value_wish"] == str(preset.numbers["value_wish"])


def test_a_new_plan_begins_with_the_standards_and_takes_what_is_chosen(
    client: FlaskClient, people: People, province: Province
) -> None:
    login(client, people.an)
    shown = opened(client, "/plans/new")
    assert shown["preset"] == Preset.STANDARDS_FIRST
    text = client.get("/plans/new").text
    assert re.search(r"<details[^>]*data-numbers-of-policy", text)
    assert not re.search(r"<details[^>]*\bopen\b", text), "the numbers stand behind «adjust»"
    own = {"code": "KH9", "name": "Tiết kiệm", "round_id": str(province.round.id), "preset": "as_cheap"}
    client.post("/plans/new", data={**shown, **own})
    plan = db.session.query(Plan).filter_by(code="KH9").one()
    assert numbers_of(plan) == Preset.AS_CHEAP.numbers


def test_a_number_changed_by_hand_counts_beside_the_chosen_policy(
    client: FlaskClient, people: People, planned: Planned
) -> None:
    login(client, people.an)
    save(client, planned.plan, preset="as_many", value_wish="90")
    assert numbers_of(planned.plan) == {**Preset.AS_MANY.numbers, "value_wish": 90}
    again = opened(client, f"/plans/{planned.plan.id}/edit")
    assert again["preset"] == "own"
    assert "<details" in (page := client.get(f"/plans/{planned.plan.id}/edit").text)
    assert re.search(r"<details[^>]*\bopen\b", page), "own numbers are seen at once"
    save(client, planned.plan, preset="as_cheap")
    assert numbers_of(planned.plan) == Preset.AS_CHEAP.numbers
    save(client, planned.plan, floor_percent="75")
    assert numbers_of(planned.plan) == {**Preset.AS_CHEAP.numbers, "floor_percent": 75}


def test_a_faulty_number_is_shown_and_nothing_is_saved(
    client: FlaskClient, people: People, planned: Planned
) -> None:
    login(client, people.an)
    before = numbers_of(planned.plan)
    page = save(client, planned.plan, preset="as_many", value_wish="nhiều")
    assert "số nguyên" in page
    assert re.search(r"<details[^>]*\bopen\b", page)
    assert numbers_of(planned.plan) == before
    assert "trong danh sách" in save(client, planned.plan, preset="cheapest")
    assert numbers_of(planned.plan) == before


def test_the_effect_of_a_policy_is_shown_before_it_is_saved(
    client: FlaskClient, people: People, planned: Planned
) -> None:
    login(client, people.an)
    before = numbers_of(planned.plan)
    address = f"/plans/{planned.plan.id}"
    sent = {**opened(client, f"{address}/edit"), "preset": "as_many"}
    page = client.post(f"{address}/policy-effect", data=sent).text
    assert re.search(r">400</td>\s*<td[^>]*>104</td>", page)
    assert 'value="as_many" checked' in page
    assert numbers_of(planned.plan) == before


def test_a_form_without_a_policy_saves_its_numbers(client: FlaskClient, people: People, planned: Planned) -> None:
    login(client, people.an)
    address = f"/plans/{planned.plan.id}/edit"
    sent = {key: value for key, value in opened(client, address).items() if key not in {"preset", "shown_numbers"}}
    client.post(address, data={**sent, "value_wish": "55"})
    assert numbers_of(planned.plan)["value_wish"] == 55


def test_a_run_keeps_the_name_of_its_policy(
    client: FlaskClient, people: People, planned: Planned, optimise: Callable[[Plan], OptimizerRun]
) -> None:
    run = optimise(planned.plan)
    operations.save_plan(Preset.AS_CHEAP.numbers, actor=people.an, row=planned.plan)
    db.session.commit()
    later = optimise(planned.plan)
    login(client, people.an)
    assert "Ưu tiên tiêu chuẩn" in client.get(f"/runs/{run.id}").text
    assert "Tiết kiệm nhất" in client.get(f"/runs/{later.id}").text
    compared = client.get(f"/runs/{run.id}/compare?with={later.id}").text
    assert "Ưu tiên tiêu chuẩn" in compared
    assert "Tiết kiệm nhất" in compared


def test_the_named_policies_differ_and_each_number_of_the_plan_is_theirs() -> None:
    told = [tuple(preset.numbers[key] for key in FIELDS) for preset in NAMED]
    assert len(set(told)) == len(NAMED)
    assert all(presets.recognised(preset.numbers) is preset for preset in NAMED)
    assert presets.recognised({}) is Preset.OWN
