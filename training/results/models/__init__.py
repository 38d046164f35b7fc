"""Rows of the class's year: `book.py` while it runs, `papers.py` what follows."""

from .book import (
    AttendanceMark,
    BookState,
    ClassBook,
    Classification,
    ClassTest,
    CorrectionState,
    CourseTest,
    HeldHalfDay,
    MarkKind,
    Part,
    Result,
    ResultCorrection,
    ResultRule,
    TestScore,
)
from .papers import (
    Certificate,
    CertificateKind,
    CertificateRegister,
    FeedbackAnswer,
    FeedbackGiven,
    Recognition,
)

__all__ = [
    "AttendanceMark",
    "BookState",
    "Certificate",
    "CertificateKind",
    "CertificateRegister",
    "ClassBook",
    "ClassTest",
    "Classification",
    "CorrectionState",
    "CourseTest",
    "FeedbackAnswer",
    "FeedbackGiven",
    "HeldHalfDay",
    "MarkKind",
    "Part",
    "Recognition",
    "Result",
    "ResultCorrection",
    "ResultRule",
    "TestScore",
]
