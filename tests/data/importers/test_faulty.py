"""Faulty lines: a few are tolerated and reported, many refuse the file, and strict mode tolerates none."""

from pathlib import Path

import pytest

from rdrec.core.records import InputError
from rdrec.data.importers.faulty import STRICT, FaultRule, FaultyLines

FILE = Path("reviews.json")


def faulty(count: int, rule: FaultRule) -> FaultyLines:
    faults = FaultyLines(FILE, rule)
    for line in range(1, count + 1):
        faults.add(line * 10, f"rating is {line}: expected a rating from 1 to 5", "rating: expected a rating from 1 to 5")
    return faults


@pytest.mark.parametrize(
    ("count", "good", "rule", "refused"),
    [
        (10, 990, FaultRule(0.01, 3), False),
        (11, 989, FaultRule(0.01, 3), True),
        (3, 5, FaultRule(0.01, 3), False),
        (4, 5, FaultRule(0.01, 3), True),
        (40, 60, FaultRule(0.5, 3), False),
        (1, 10**9, STRICT, True),
        (1, 100, FaultRule(0.0, 3), True),
        (0, 0, STRICT, False),
    ],
)
def test_the_share_decides(count: int, good: int, rule: FaultRule, refused: bool) -> None:
    faults = faulty(count, rule)
    if not refused:
        faults.check(good)
        return
    with pytest.raises(InputError, match="rating is 1: expected"):
        faults.check(good)


def test_the_report_counts_kinds_and_names_the_first() -> None:
    faults = faulty(7, FaultRule(1.0, 0))
    faults.add(99, "not UTF-8 (byte 0xe9 at byte 4)")
    faults.add(99, "a second fault of the same line")
    report = faults.report(92)
    assert (report["lines"], report["left_out"]) == (100, 8)
    assert report["reasons"] == {"rating: expected a rating from 1 to 5": 7, "not UTF-8": 1}
    assert report["first"][0] == {"line": 10, "reason": "rating is 1: expected a rating from 1 to 5"}
    assert [first["line"] for first in report["first"]] == [10, 20, 30, 40, 50]


def test_a_report_does_not_grow_with_the_reasons() -> None:
    faults = FaultyLines(FILE, FaultRule(1.0, 0))
    for line in range(1, 500):
        faults.add(line, f"odd thing {line}")
    reasons = faults.report(0)["reasons"]
    assert len(reasons) <= 31 and sum(reasons.values()) == 499 and reasons["other reasons"] == 469


def test_a_refusal_says_how_many_which_and_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        faulty(7, FaultRule(0.01, 3)).check(5)
    said = str(caught.value)
    assert "reviews.json: 7 of 12 lines are faulty: line 10: rating is 1" in said and "and 2 more" in said
    assert "--faulty-share" in said


def test_reading_stops_in_a_file_of_another_kind() -> None:
    faults = FaultyLines(FILE, FaultRule(0.01, 3))
    with pytest.raises(InputError, match="reading stopped there"):
        for line in range(1, 20_000):
            faults.add(line, "not JSON")
    assert len(faults) == 10_000
    few = FaultyLines(FILE, FaultRule(0.01, 3))
    for line in range(1, 101):  # a bad start does not refuse a long file
        few.add(line, "not JSON")
    few.check(1_000_000)


def test_a_share_above_a_half_is_kept_in_a_long_file() -> None:
    rule = FaultRule(0.9, 3)
    faults = faulty(16_000, rule)  # lines 10, 20 ... of 160,000
    faults.check(4000)
    dense = FaultyLines(FILE, rule)
    for line in range(1, 20_001):
        if line % 5:
            dense.add(line, "no rating")
    dense.check(4000)
    with pytest.raises(InputError, match="reading stopped there"):
        for line in range(20_001, 400_000):
            dense.add(line, "no rating")


@pytest.mark.parametrize(
    ("count", "rule", "todo"),
    [
        (1, STRICT, "fix or remove this line, or leave out --strict"),
        (2, STRICT, "fix or remove these lines, or leave out --strict"),
        (1, FaultRule(0.0, 3), "fix or remove this line, or allow more than 0 % with --faulty-share"),
        (4, FaultRule(0.01, 3), "fix or remove these lines, or allow more than 1 % with --faulty-share"),
    ],
)
def test_a_refusal_names_the_option_that_would_let_the_file_pass(count: int, rule: FaultRule, todo: str) -> None:
    with pytest.raises(InputError) as caught:
        faulty(count, rule).check(5)
    assert str(caught.value).endswith(todo)


def test_no_option_is_offered_where_nothing_would_be_left() -> None:
    assert str(faulty(2, FaultRule(0.01, 3)).refusal()).endswith("fix or remove these lines")


def test_a_reason_is_counted_without_its_values_wherever_they_stand() -> None:
    faults = FaultyLines(FILE, FaultRule(1.0, 0))
    faults.add(1, "the item key (asin) is missing")
    faults.add(2, "broken csv (',' expected after '\"')")
    assert set(faults.report(1)["reasons"]) == {"the item key is missing", "broken csv"}
