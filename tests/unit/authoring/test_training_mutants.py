"""Which runs that learn nothing are tried, by what a run is given."""

from __future__ import annotations

import pytest

from grader.authoring.training_mutants import CHANGE_RUN, list_training_mutants


@pytest.mark.parametrize(
    ("signature", "names"),
    [
        ("fit(x, y, epochs, seed)", ["epochs -> 0", "y -> y in reverse"]),
        ("fit(x, y, seed)", ["y -> y in reverse"]),
        ("fit(x, seed)", []),
        ("fit(x, epochs, seed)", ["epochs -> 0"]),
    ],
)
def test_no_epochs_and_other_targets_are_tried_where_there_are_any(
    signature: str, names: list[str]
) -> None:
    assert [each.name for each in list_training_mutants(signature)] == names


def test_a_run_is_given_no_epochs_or_the_targets_of_other_inputs() -> None:
    no_epochs, other_targets = list_training_mutants("fit(x, y, epochs, seed)")
    # The preamble is this project's own text.
    scope: dict[str, object] = {"_given": lambda *arguments: list(arguments)}
    exec(CHANGE_RUN, scope)
    scope["arguments"] = [[1, 2], [3, 4], 60, 7]

    assert eval(no_epochs.call, scope) == [[1, 2], [3, 4], 0, 7]
    assert eval(other_targets.call, scope) == [[1, 2], [4, 3], 60, 7]
