"""The courses of one province, as the generator draws them: length, demand, prerequisites."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CourseKind:
    """A course of the catalogue.

    blocks: how many stretches of teaching, a week or more apart; days: days of each stretch, Monday on;
    demand: its share of all needs, relative to the others; prerequisites: groups of other courses' slugs.
    """

    slug: str
    blocks: int
    days: int
    demand: float
    prerequisites: tuple[tuple[str, ...], ...] = ()


CATALOGUE: tuple[CourseKind, ...] = (
    CourseKind("so-cap-llct", 4, 5, 2.2),
    CourseKind("trung-cap-llct", 8, 5, 2.6, (("so-cap-llct",),)),
    CourseKind("cao-cap-llct", 10, 5, 1.2, (("trung-cap-llct",),)),
    CourseKind("can-su", 2, 5, 1.0),
    CourseKind("chuyen-vien", 4, 5, 4.2),
    CourseKind("chuyen-vien-chinh", 6, 5, 3.0, (("chuyen-vien", "cao-cap-llct"),)),
    CourseKind("chuyen-vien-cao-cap", 8, 5, 0.8, (("chuyen-vien-chinh",), ("cao-cap-llct",))),
    CourseKind("lanh-dao-cap-phong", 2, 5, 2.6, (("chuyen-vien", "chuyen-vien-chinh"),)),
    CourseKind("lanh-dao-cap-huyen", 2, 5, 0.8, (("lanh-dao-cap-phong",),)),
    CourseKind("lanh-dao-cap-so", 2, 5, 0.5, (("chuyen-vien-chinh",), ("lanh-dao-cap-phong",))),
    CourseKind("quoc-phong-1", 1, 5, 0.3),
    CourseKind("quoc-phong-2", 1, 5, 1.0),
    CourseKind("quoc-phong-3", 2, 6, 3.6),
    CourseKind("quoc-phong-4", 1, 3, 5.2),
    CourseKind("ket-nap-dang", 1, 5, 4.0),
    CourseKind("dang-vien-moi", 1, 5, 3.2, (("ket-nap-dang",),)),
    CourseKind("bi-thu-chi-bo", 1, 3, 4.6),
    CourseKind("cap-uy-co-so", 1, 3, 2.4),
    CourseKind("dai-bieu-hdnd", 1, 3, 2.6),
    CourseKind("cong-tac-dan-van", 1, 2, 1.8),
    CourseKind("cong-tac-kiem-tra", 1, 3, 1.4),
    CourseKind("van-hoa-cong-vu", 1, 2, 8.4),
    CourseKind("chi-thi-05", 1, 1, 6.4),
    CourseKind("cai-cach-hanh-chinh", 1, 2, 5.6),
    CourseKind("chuyen-doi-so", 1, 3, 7.2),
    CourseKind("tin-hoc-co-ban", 2, 4, 2.4),
    CourseKind("tin-hoc-nang-cao", 2, 5, 1.4, (("tin-hoc-co-ban",),)),
    CourseKind("an-toan-thong-tin", 1, 2, 2.6, (("tin-hoc-co-ban", "chuyen-doi-so"),)),
    CourseKind("tieng-anh-b1", 6, 3, 1.8),
    CourseKind("tieng-anh-b2", 6, 3, 0.9, (("tieng-anh-b1",),)),
    CourseKind("tieng-trung", 5, 3, 0.8),
    CourseKind("tieng-dan-toc-thieu-so", 6, 4, 0.9),
    CourseKind("van-thu-luu-tru", 1, 5, 1.4),
    CourseKind("soan-thao-van-ban", 1, 3, 2.2),
    CourseKind("quan-ly-tai-chinh", 1, 5, 1.6),
    CourseKind("dau-thau", 1, 3, 1.6),
    CourseKind("quan-ly-dat-dai", 1, 4, 1.4),
    CourseKind("tu-phap-ho-tich", 2, 5, 1.2),
    CourseKind("tiep-cong-dan", 1, 2, 2.0),
    CourseKind("thanh-tra-vien", 4, 5, 0.6, (("chuyen-vien",),)),
    CourseKind("quan-ly-giao-duc", 3, 5, 1.4),
    CourseKind("chuc-danh-giao-vien-2", 2, 5, 2.0),
    CourseKind("chuc-danh-giao-vien-1", 2, 5, 0.8, (("chuc-danh-giao-vien-2",),)),
    CourseKind("chuc-danh-bac-si", 2, 5, 0.9),
    CourseKind("giang-vien-su-pham", 1, 5, 0.4, (("trung-cap-llct", "chuyen-vien-chinh"),)),
    CourseKind("xuc-tien-dau-tu", 1, 3, 0.4),
    CourseKind("thac-si-hanh-chinh", 12, 5, 0.2, (("chuyen-vien",),)),
    CourseKind("boi-duong-nuoc-ngoai", 1, 12, 0.2, (("chuyen-vien-chinh",), ("tieng-anh-b1", "tieng-anh-b2"))),
)
