"""The organisation of the demo province: that of Quảng Ninh since 1/7/2025, with 54 communes and no districts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

from .shares import shares

# Area → (name, kilometres east and north of Hạ Long). An area is a former district, the place of units and
# classes.
AREAS: dict[str, tuple[str, float, float]] = {
    "HALONG": ("Hạ Long", 0, 0),
    "CAMPHA": ("Cẩm Phả", 28, 6),
    "UONGBI": ("Uông Bí", -32, 8),
    "QUANGYEN": ("Quảng Yên", -24, -3),
    "DONGTRIEU": ("Đông Triều", -58, 10),
    "VANDON": ("Vân Đồn", 42, 11),
    "BACHE": ("Ba Chẽ", 22, 36),
    "TIENYEN": ("Tiên Yên", 38, 42),
    "BINHLIEU": ("Bình Liêu", 40, 66),
    "DAMHA": ("Đầm Hà", 60, 46),
    "HAIHA": ("Hải Hà", 76, 52),
    "MONGCAI": ("Móng Cái", 108, 64),
    "COTO": ("Cô Tô", 76, 2),
    "HANOI": ("Hà Nội", -128, 12),
}
_WARDS = {
    "HALONG": "Hồng Gai, Hạ Long, Bãi Cháy, Hà Tu, Hà Lầm, Cao Xanh, Việt Hưng, Tuần Châu, Hoành Bồ",
    "CAMPHA": "Cẩm Phả, Cửa Ông, Quang Hanh, Mông Dương",
    "UONGBI": "Uông Bí, Vàng Danh, Yên Tử",
    "QUANGYEN": "Quảng Yên, Hiệp Hòa, Đông Mai, Hà An, Phong Cốc, Liên Hòa",
    "DONGTRIEU": "Đông Triều, Mạo Khê, An Sinh, Bình Khê, Hoàng Quế",
    "MONGCAI": "Móng Cái 1, Móng Cái 2, Móng Cái 3",
}
_COMMUNES = {
    "HALONG": "Quảng La, Thống Nhất",
    "CAMPHA": "Hải Hòa",
    "MONGCAI": "Hải Sơn, Hải Ninh, Vĩnh Thực",
    "TIENYEN": "Tiên Yên, Điền Xá, Đông Ngũ, Hải Lạng",
    "BACHE": "Ba Chẽ, Kỳ Thượng, Lương Minh",
    "DAMHA": "Đầm Hà, Quảng Tân",
    "HAIHA": "Quảng Hà, Đường Hoa, Quảng Đức, Cái Chiên",
    "BINHLIEU": "Bình Liêu, Lục Hồn, Hoành Mô",
}
_SPECIAL_ZONES = {"VANDON": "Vân Đồn", "COTO": "Cô Tô"}
_DEPARTMENTS = (
    ("VPUB", "Văn phòng UBND tỉnh"), ("SNV", "Sở Nội vụ"), ("STC", "Sở Tài chính"), ("SXD", "Sở Xây dựng"),
    ("SNNMT", "Sở Nông nghiệp và Môi trường"), ("SCT", "Sở Công Thương"), ("SKHCN", "Sở Khoa học và Công nghệ"),
    ("STP", "Sở Tư pháp"), ("SGDDT", "Sở Giáo dục và Đào tạo"), ("SYT", "Sở Y tế"),
    ("SVHTTDL", "Sở Văn hóa, Thể thao và Du lịch"), ("SDTTG", "Sở Dân tộc và Tôn giáo"), ("SNGV", "Sở Ngoại vụ"),
    ("TTT", "Thanh tra tỉnh"), ("BQLKKT", "Ban Quản lý Khu kinh tế Quảng Ninh"),
    ("VPHDND", "Văn phòng Đoàn ĐBQH và HĐND tỉnh"),
)  # fmt: skip
_PARTY = (
    ("VPTU", "Văn phòng Tỉnh ủy"), ("BTCTU", "Ban Tổ chức Tỉnh ủy"), ("UBKTTU", "Ủy ban Kiểm tra Tỉnh ủy"),
    ("BTGDVTU", "Ban Tuyên giáo và Dân vận Tỉnh ủy"), ("BNCTU", "Ban Nội chính Tỉnh ủy"),
    ("DUCQD", "Đảng ủy các cơ quan Đảng tỉnh"), ("DUUB", "Đảng ủy UBND tỉnh"),
    ("MTTQ", "Ủy ban MTTQ Việt Nam tỉnh"),
)  # fmt: skip
_SERVICE = (
    ("TTPVHCC", "Trung tâm Phục vụ hành chính công tỉnh"), ("TTTT", "Trung tâm Truyền thông tỉnh"),
    ("BVHDC", "Vườn quốc gia Bái Tử Long"), ("VHL", "Ban Quản lý vịnh Hạ Long"), ("BTQN", "Bảo tàng tỉnh"),
    ("TVQN", "Thư viện tỉnh"), ("QBVMT", "Quỹ Bảo vệ và Phát triển rừng"), ("TTKN", "Trung tâm Khuyến nông"),
    ("BQLDA1", "Ban Quản lý dự án đầu tư xây dựng tỉnh"), ("TTXTDT", "Ban Xúc tiến và Hỗ trợ đầu tư"),
    ("TTCNTT", "Trung tâm Công nghệ số"), ("TTLTLS", "Trung tâm Lưu trữ lịch sử"),
    ("TTDVVL", "Trung tâm Dịch vụ việc làm"),
    ("TTTGPL", "Trung tâm Trợ giúp pháp lý nhà nước"),
    ("TTQTTNMT", "Trung tâm Quan trắc tài nguyên và môi trường"),
)  # fmt: skip
_HOSPITALS = (
    ("HALONG", "Bệnh viện Đa khoa tỉnh"), ("HALONG", "Bệnh viện Bãi Cháy"), ("HALONG", "Bệnh viện Sản Nhi"),
    ("HALONG", "Bệnh viện Y Dược cổ truyền"), ("UONGBI", "Bệnh viện Việt Nam – Thụy Điển"),
    ("CAMPHA", "Bệnh viện Đa khoa Cẩm Phả"), ("HALONG", "Bệnh viện Phổi"),
    ("QUANGYEN", "Bệnh viện Bảo vệ sức khỏe tâm thần"),
    ("CAMPHA", "Bệnh viện Đa khoa khu vực Cẩm Phả"), ("HALONG", "Trung tâm Kiểm soát bệnh tật"),
    ("HALONG", "Bệnh viện Lão khoa – Phục hồi chức năng"),
)  # fmt: skip
_SCHOOLS = {
    "HALONG": "Chuyên Hạ Long, Hòn Gai, Ngô Quyền, Bãi Cháy, Vũ Văn Hiếu, Hoành Bồ",
    "CAMPHA": "Cẩm Phả, Lê Hồng Phong, Cửa Ông, Mông Dương, Lê Quý Đôn",
    "UONGBI": "Uông Bí, Hoàng Văn Thụ",
    "QUANGYEN": "Bạch Đằng, Đông Thành, Minh Hà, Trần Nhân Tông",
    "DONGTRIEU": "Đông Triều, Hoàng Quốc Việt, Lê Chân, Hoàng Hoa Thám",
    "VANDON": "Hải Đảo, Quan Lạn",
    "TIENYEN": "Tiên Yên, Hải Đông, Nguyễn Trãi",
    "BACHE": "Ba Chẽ",
    "BINHLIEU": "Bình Liêu, Hoành Mô",
    "DAMHA": "Đầm Hà",
    "HAIHA": "Quảng Hà, Đường Hoa Cương",
    "MONGCAI": "Trần Phú, Lý Thường Kiệt",
    "COTO": "Cô Tô",
}
_KINDS = {"phường": "ward", "xã": "commune", "đặc khu": "special_zone"}
PROVINCE, PARTY_COMMITTEE = "UBT", "TU"
TOWN, TOWN_PEOPLE, ALL_PEOPLE = "CAMPHA", 2_380, 12_200  # Cẩm Phả published its headcounts


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit of the demo province.

    Attributes:
        sort: the kind of its staff (see `people.STAFF`).
        weight: its share of all people.
    """

    code: str
    name: str
    kind: str
    parent: str | None
    area: str
    sort: str
    weight: float
    people: int = 0


def units(random: Random, trainees: int) -> list[UnitPlan]:
    """Return the units for this number of people, parents before children, each with the number of its people.

    At full size these are all of them (more than 250); of a small demo the first ones of each kind.
    """
    everything = _all_units(random)
    wanted = max(8, min(len(everything), round(trainees / 45)))
    chosen: dict[str, UnitPlan] = {}
    by_code = {unit.code: unit for unit in everything}
    for unit in sorted(everything, key=_importance):
        if len(chosen) >= wanted:
            break
        line = [unit]
        while line[-1].parent is not None and line[-1].parent not in chosen:
            line.append(by_code[line[-1].parent])
        chosen.update({each.code: each for each in line})
    kept = [unit for unit in everything if unit.code in chosen]
    staffed = [unit for unit in kept if unit.weight]
    # The town has the share that it published; the others share the rest.
    town = [unit for unit in staffed if unit.area == TOWN]
    rest = [unit for unit in staffed if unit.area != TOWN]
    in_town = round(trainees * TOWN_PEOPLE / ALL_PEOPLE) if town else 0
    count: dict[str, int] = {}
    for people, group in ((in_town, town), (trainees - in_town, rest)):
        if group:
            count.update(zip((u.code for u in group), shares(people, [u.weight for u in group]), strict=True))
    return [
        UnitPlan(u.code, u.name, u.kind, u.parent, u.area, u.sort, u.weight, count.get(u.code, 0)) for u in kept
    ]


def _importance(unit: UnitPlan) -> int:
    """Return the rank of a unit in its sort, by the number in its code; small demos take the first ones."""
    order = {
        "SNV": 0,
        "STC": 1,
        "X01": 2,
        "X02": 3,
        "X03": 4,
        "VPTU": 5,
        "THPT01": 6,
        "BV01": 7,
        "X01D": 8,
        "X02D": 9,
    }
    return order.get(unit.code, 100)


def _all_units(random: Random) -> list[UnitPlan]:
    def some(mean: float) -> float:
        return mean * random.lognormvariate(0, 0.35)

    found = [
        UnitPlan(PROVINCE, "Ủy ban nhân dân tỉnh Quảng Ninh", "province", None, "HALONG", "leaders", 6),
        UnitPlan(PARTY_COMMITTEE, "Tỉnh ủy Quảng Ninh", "party", None, "HALONG", "leaders", 6),
    ]
    found += [UnitPlan(c, n, "department", PROVINCE, "HALONG", "department", some(70)) for c, n in _DEPARTMENTS]
    found += [UnitPlan(c, n, "party", PARTY_COMMITTEE, "HALONG", "party", some(32)) for c, n in _PARTY]
    found += [UnitPlan(c, n, "public_service", PROVINCE, "HALONG", "service", some(30)) for c, n in _SERVICE]
    number = 0
    for area in AREAS:
        places = [("phường", name) for name in _names(_WARDS, area)]
        places += [("xã", name) for name in _names(_COMMUNES, area)]
        places += [("đặc khu", name) for name in _names(_SPECIAL_ZONES, area)]
        for word, name in places:
            number += 1
            code, title = f"X{number:02}", f"{word} {name}"
            found += [
                UnitPlan(code, f"UBND {title}", _KINDS[word], PROVINCE, area, "commune", some(74)),
                UnitPlan(f"{code}D", f"Đảng ủy {title}", "party", PARTY_COMMITTEE, area, "commune_party",
                some(46)),
                UnitPlan(f"{code}T", f"Trung tâm Phục vụ hành chính công {title}", "public_service", code, area,
                         "service", some(14)),
            ]  # fmt: skip
    schools = [(area, name) for area in _SCHOOLS for name in _names(_SCHOOLS, area)]
    for number, (area, name) in enumerate(schools, start=1):
        unit = UnitPlan(
            f"THPT{number:02}", f"Trường THPT {name}", "public_service", "SGDDT", area, "school", some(38)
        )
        found.append(unit)
    hospitals = [*_HOSPITALS]
    hospitals += [(a, f"Trung tâm Y tế khu vực {AREAS[a][0]}") for a in AREAS if a not in {"HALONG", "HANOI"}]
    for number, (area, name) in enumerate(hospitals, start=1):
        unit = UnitPlan(f"BV{number:02}", name, "public_service", "SYT", area, "hospital", some(52))
        found.append(unit)
    return found


def _names(table: dict[str, str], area: str) -> list[str]:
    return table[area].split(", ") if area in table else []


def travel_points(area: str, other: str) -> int:
    """Return one point for each 5 km in a straight line."""
    _, x, y = AREAS[area]
    _, u, v = AREAS[other]
    return round(math.hypot(x - u, y - v) / 5)
