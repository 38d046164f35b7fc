"""Vietnamese names by real frequency: họ, đệm and tên by sex, with weights."""

from __future__ import annotations

from random import Random

_FAMILY = (
    ("Nguyễn", 315), ("Trần", 109), ("Lê", 89), ("Phạm", 76), ("Vũ", 56), ("Hoàng", 51), ("Bùi", 41), ("Đỗ", 32),
    ("Đặng", 27), ("Phan", 20), ("Ngô", 17), ("Dương", 14), ("Đào", 13), ("Đinh", 12), ("Đoàn", 11),
    ("Lương", 10),
    ("Trịnh", 9), ("Trương", 9), ("Mai", 8), ("Cao", 8), ("Tô", 7), ("Phùng", 7), ("Tạ", 6), ("Chu", 6),
    ("Lưu", 6),
    ("Hà", 6), ("Võ", 5), ("Tống", 4), ("Khổng", 3), ("Lại", 3), ("Nghiêm", 2), ("Quách", 2), ("Bạch", 1),
)  # fmt: skip
# Families of the peoples of the mountains and the border.
_FAMILY_OF = {
    "Dao": (("Triệu", 20), ("Đặng", 22), ("Bàn", 18), ("Phùng", 10), ("Lý", 12), ("Dương", 8), ("Chíu", 10)),
    "Tày": (("Hoàng", 24), ("Nông", 16), ("Lương", 10), ("Vi", 14), ("La", 10), ("Bế", 6), ("Hà", 8), ("Lô", 6)),
    "Sán Dìu": (("Từ", 14), ("Lục", 14), ("Diệp", 12), ("Trương", 16), ("Lê", 10), ("Tạ", 10), ("Ôn", 6)),
    "Sán Chỉ": (("Trần", 22), ("Nình", 16), ("Lỷ", 12), ("Hoàng", 14), ("Sằn", 10), ("Tằng", 8)),
    "Hoa": (("Lâm", 12), ("Voòng", 10), ("Hứa", 8), ("Phoóng", 6), ("Trần", 12), ("Lý", 10)),
}
_MIDDLE_MALE = (
    ("Văn", 300), ("Đức", 75), ("Quang", 60), ("Mạnh", 50), ("Xuân", 50), ("Minh", 50), ("Hữu", 40),
    ("Đình", 40),
    ("Ngọc", 40), ("Thanh", 38), ("Công", 30), ("Anh", 28), ("Trọng", 26), ("Duy", 25), ("Hoàng", 24),
    ("Quốc", 24),
    ("Thành", 22), ("Việt", 20), ("Tiến", 20), ("Bá", 14), ("Thế", 18), ("Hồng", 14), ("Tuấn", 14),
    ("Hải", 12), ("", 18),
)  # fmt: skip
_MIDDLE_FEMALE = (
    ("Thị", 320), ("Thị Thu", 90), ("Thị Hồng", 55), ("Thị Thanh", 55), ("Thị Ngọc", 40), ("Thị Minh", 30),
    ("Thị Bích", 26), ("Thị Kim", 22), ("Thị Phương", 24), ("Thị Thùy", 22), ("Thị Lan", 16), ("Thị Mai", 14),
    ("Thu", 50), ("Thanh", 36), ("Ngọc", 30), ("Minh", 28), ("Hồng", 26), ("Phương", 24), ("Thùy", 24),
    ("Bích", 14),
    ("Kim", 12), ("Hải", 14), ("Khánh", 12), ("Diệu", 10), ("Quỳnh", 12), ("Như", 6),
)  # fmt: skip
_GIVEN_MALE = (
    ("Hùng", 50), ("Dũng", 46), ("Tuấn", 46), ("Cường", 42), ("Hải", 38), ("Thắng", 36), ("Sơn", 36), ("Hà", 14),
    ("Nam", 34), ("Minh", 32), ("Đức", 30), ("Long", 28), ("Trung", 28), ("Tùng", 28), ("Anh", 30), ("Hiếu", 24),
    ("Bình", 26), ("Thành", 26), ("Quang", 26), ("Mạnh", 22), ("Kiên", 22), ("Hưng", 20), ("Toàn", 20),
    ("Huy", 20),
    ("Việt", 18), ("Hoàng", 18), ("Khánh", 14), ("Phong", 16), ("Lâm", 16), ("Vinh", 16), ("Tiến", 18),
    ("Chiến", 14),
    ("Quân", 16), ("Đạt", 14), ("Linh", 10), ("Khoa", 8), ("Phúc", 12), ("Thịnh", 12), ("Tú", 14), ("Duy", 12),
    ("Thái", 12), ("Quyết", 10), ("Định", 8), ("Hậu", 8), ("Luân", 6), ("Ước", 3), ("Ý", 2), ("Nghĩa", 10),
)  # fmt: skip
_GIVEN_FEMALE = (
    ("Hương", 48), ("Hà", 42), ("Hằng", 40), ("Hoa", 38), ("Lan", 38), ("Thủy", 36), ("Nga", 34), ("Huyền", 34),
    ("Trang", 36), ("Linh", 34), ("Mai", 30), ("Thu", 28), ("Dung", 28), ("Hạnh", 28), ("Yến", 26),
    ("Phương", 32),
    ("Ngọc", 26), ("Hiền", 28), ("Loan", 22), ("Nhung", 24), ("Vân", 26), ("Tâm", 18), ("Bích", 10),
    ("Thảo", 26),
    ("Oanh", 18), ("Liên", 18), ("Hồng", 20), ("Quỳnh", 18), ("Anh", 36), ("Thanh", 20), ("Tuyết", 14),
    ("Minh", 14),
    ("Xuân", 12), ("Nguyệt", 12), ("Ánh", 12), ("Hòa", 14), ("Chi", 14), ("Giang", 16), ("Ly", 10), ("Diệp", 8),
    ("Thoa", 8), ("Duyên", 14), ("Lệ", 6), ("Ước", 1), ("Ngân", 14), ("Trâm", 8), ("Uyên", 6), ("Ái", 2),
)  # fmt: skip


def _draw(random: Random, weighted: tuple[tuple[str, int], ...]) -> str:
    return random.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]


def full_name(random: Random, *, female: bool, ethnicity: str = "Kinh") -> str:
    """Return họ – đệm – tên of somebody."""
    family = _draw(random, _FAMILY_OF.get(ethnicity, _FAMILY))
    middle = _draw(random, _MIDDLE_FEMALE if female else _MIDDLE_MALE)
    given = _draw(random, _GIVEN_FEMALE if female else _GIVEN_MALE)
    while given in {middle, family, middle.split()[-1] if middle else ""}:
        given = _draw(random, _GIVEN_FEMALE if female else _GIVEN_MALE)
    return " ".join(part for part in (family, middle, given) if part)
