"""Every number of the catalogue is tried by a test or has its reason."""

from __future__ import annotations

from not_run import NOT_RUN, find_numbers, list_tried

LAST = 112


def test_every_number_is_tried_or_explained() -> None:
    tried = list_tried()

    assert tried | NOT_RUN.keys() == set(range(1, LAST + 1))
    assert not tried & NOT_RUN.keys()
    assert all(len(reason) > 20 for reason in NOT_RUN.values())


def test_there_are_thirty_more_of_our_own() -> None:
    own = find_numbers("own") | find_numbers("own_later")

    assert len(own) >= 30
    assert own == {f"A{number:02}" for number in range(1, len(own) + 1)}
