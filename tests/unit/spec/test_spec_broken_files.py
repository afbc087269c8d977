"""Every known way to get a file wrong is refused at its place, with the words in the tables."""

from pathlib import Path

import pytest
import yaml
from spec_cases import Case, read_cases

from grader.errors import Fault, SpecError
from grader.spec.loading import load_assignment
from grader.spec.yaml_reader import read_yaml

REFERENCE = """\
def f(x):
    return x


def wrong_f(x):
    return -x
"""


def describe(fault: Fault) -> str:
    return f"{fault.line}:{fault.column}: {fault.message}"


@pytest.mark.parametrize("case", read_cases("broken_yaml.txt"), ids=str)
def test_broken_yaml_is_refused_with_advice(case: Case) -> None:
    with pytest.raises(SpecError) as caught:
        read_yaml(case.yaml.encode(), "case.yaml")

    assert tuple(describe(fault) for fault in caught.value.faults) == case.faults


@pytest.mark.parametrize("case", read_cases("broken_yaml.txt"), ids=str)
def test_broken_yaml_is_refused_alike_without_the_c_library(case: Case) -> None:
    with pytest.raises(SpecError) as caught:
        read_yaml(case.yaml.encode(), "case.yaml", loader=yaml.SafeLoader)

    assert tuple(fault.message for fault in caught.value.faults) == tuple(
        fault.split(": ", 1)[1] for fault in case.faults
    )


@pytest.mark.parametrize("case", read_cases("broken_problems.txt"), ids=str)
def test_broken_problem_is_refused_with_advice(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    problem = tmp_path / "problems/hw/case.yaml"
    reference = tmp_path / "reference/hw/case.py"
    for path, text in ((problem, case.yaml), (reference, REFERENCE)):
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")

    with pytest.raises(SpecError) as caught:
        load_assignment(problem.parent, reference.parent.parent)

    assert tuple(describe(fault) for fault in caught.value.faults) == case.faults
    assert {fault.file for fault in caught.value.faults} == {"problems/hw/case.yaml"}
