"""Which cases of a public suite a sample has."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "suites"))

from suite_pool import Settings, choose, function_of

NAMES = [f"test_{letter}.py::test_{letter}[{number}]" for letter in "abcd" for number in range(50)]


def sample(names: list[str], count: int = 20, **settings) -> list[str]:
    return choose(names, Settings("", sample=count, **settings))


def test_has_each_function_and_is_the_same_each_time():
    chosen = sample(NAMES)
    assert len(chosen) == len(set(chosen)) == 20
    assert {function_of(name) for name in chosen} == {function_of(name) for name in NAMES}
    assert chosen == sample(NAMES[::-1])
    assert set(chosen) != set(sample(NAMES, seed=1))


def test_other_cases_of_the_suite_hardly_change_it():
    more = sample([*NAMES, "test_e.py::test_e[0]", "test_a.py::test_a[50]"])
    assert len(set(more) & set(sample(NAMES))) >= 18


def test_what_has_a_result_is_left_out():
    chosen = sample(NAMES)
    assert sample(NAMES, skip=chosen[:15]) == chosen[15:]


def test_too_large_a_sample_is_the_suite():
    assert sample(NAMES, 1000) == NAMES
