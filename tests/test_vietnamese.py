"""Vietnamese order and search, as people expect them."""

import random
import unicodedata
from random import Random

import pytest

from training.core.vietnamese import nfc, person_sort_key, search_key, sort_key


@pytest.mark.parametrize(
    "ordered",
    [
        ["an", "ăn", "ân", "ban", "can", "dan", "đan", "en", "ên"],  # letters in the order of the alphabet
        ["o", "ô", "ơ", "u", "ư", "v"],
        ["ma", "mà", "mả", "mã", "má", "mạ"],  # ngang, huyền, hỏi, ngã, sắc, nặng
        ["Mạc", "Mai", "Mãi", "Man"],  # letters of the whole word before tones
        ["Lớp 2", "Lớp 10", "Lớp 100"],
        ["Ba Chẽ", "Bà Rịa", "Bãi Cháy"],
        ["Dương", "Đào", "Đông"],
        ["hoa", "hoà", "hòa mình"],
    ],
)
def test_titles_sort_as_in_a_dictionary(ordered: list[str]) -> None:
    shuffled = ordered.copy()
    random.Random(1).shuffle(shuffled)
    assert sorted(shuffled, key=lambda text: sort_key(text).encode()) == ordered


def test_people_sort_by_given_name_then_middle_then_family() -> None:
    ordered = [
        "Trần Văn An",
        "Lê Thị Bình",
        "Nguyễn Thị Bình",
        "Bùi Văn Bình",
        "Vũ Anh Dũng",
        "Đỗ Văn Đạt",
        "Lê Văn Đức",
        "Ngô Thị Yến",
    ]
    assert (
        sorted(Random(1).sample(ordered, len(ordered)), key=lambda name: person_sort_key(name).encode()) == ordered
    )


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("Đặng Thị Hoà", "dang thi hoa"),
        ("Đặng Thị Hòa", "dang thi hoa"),
        (unicodedata.normalize("NFD", "Nguyễn Đức Ưng"), "nguyen duc ung"),
        ("  PHƯỜNG   Hồng Gai ", "phuong hong gai"),
    ],
)
def test_search_ignores_marks_case_and_composition(text: str, key: str) -> None:
    assert search_key(text) == key


def test_names_are_kept_composed_with_single_spaces() -> None:
    assert nfc(unicodedata.normalize("NFD", " Trần  Thị\tChi ")) == "Trần Thị Chi"
