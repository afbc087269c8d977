"""Signatures are read as text; nothing in them is run."""

import pytest

from grader.spec.signature import Parameter, read_signature


def test_names_and_defaults_are_read_in_order() -> None:
    signature = read_signature("conv(x, W, stride=2, pad=(0, -1), bias=None)")

    assert signature.name == "conv"
    assert signature.names == ("x", "W", "stride", "pad", "bias")
    assert signature.parameters[1:4] == (
        Parameter("W"),
        Parameter("stride", True, 2),
        Parameter("pad", True, (0, -1)),
    )


def test_function_without_parameters_has_none() -> None:
    assert read_signature("answer()").parameters == ()


@pytest.mark.parametrize(
    "text",
    [
        "f",
        "f(x",
        "f(x): return 1\ndef g()",
        "f(x): pass; g(",
        "f(x, x)",
        "f(*xs)",
        "f(**options)",
        "f(x, /)",
        "f(x, *, n)",
        "f(x: int)",
        "f(x) -> int",
        "f(x=open('/etc/passwd'))",
        "f(x=n)",
        "f(x={[]: 1})",
        "f(x={**n})",
        "class(x)",
        "f(" * 150,
        "f(x=" + "-" * 390 + "1)",
        "f(" + "x" * 500 + ")",
        "",
    ],
)
def test_what_is_no_plain_signature_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"signature|default"):
        read_signature(text)
