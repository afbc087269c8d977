"""Plain YAML scalars to values: what two readers could read differently is refused, with words.

YAML 1.1 turns `no` into false, `12:30` into 750 and `010` into 8, and reads `1e-5` as text;
YAML 1.2 does neither. A plain scalar counts here only where both agree.
"""

from __future__ import annotations

import re

Scalar = None | bool | int | float | str

# Longer numbers are no points, sizes or tolerances; Python itself refuses ints of 4300 digits.
MAX_DIGITS = 400

_WORDS: dict[str, Scalar] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
    ".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan"),
}  # fmt: skip

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
_BARE_EXPONENT = re.compile(r"([-+]?[0-9]+)([eE][-+]?[0-9]+)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_OTHER_BASE = re.compile(r"[-+]?0[xob][0-9a-fA-F_]+")
_UNDERSCORES = re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")
_SWITCHES = {"yes": "true", "on": "true", "no": "false", "off": "false"}


class AmbiguousScalar(ValueError):
    """A plain scalar that readers of YAML do not agree on; the message says what to write."""


def read_scalar(text: str) -> Scalar:
    """The value of a plain scalar.

    Errors   AmbiguousScalar where YAML 1.1 and 1.2 differ.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        _refuse_word(text)
        return text
    if len(text) > MAX_DIGITS:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise AmbiguousScalar(f"{text} is too large for a number; write .inf or quote it")
        return number
    _refuse_number(text)
    return text


def _refuse_word(text: str) -> None:
    meaning = _SWITCHES.get(text.lower())
    if meaning:
        raise AmbiguousScalar(
            f"some readers take {text} for {meaning}; quote it as '{text}' or write {meaning}"
        )
    if text in ("None", "NaN", "Infinity"):
        yaml = {"None": "null", "NaN": ".nan", "Infinity": ".inf"}[text]
        raise AmbiguousScalar(f"{text} is only text in YAML; write {yaml}, or quote it as '{text}'")
    if text == "=":
        raise AmbiguousScalar("a lone = means something else in YAML 1.1; quote it as '='")


def _refuse_number(text: str) -> None:
    bare = _BARE_EXPONENT.fullmatch(text)
    if bare:
        raise AmbiguousScalar(
            f"some readers take {text} for text; write {bare[1]}.0{bare[2]}, or quote it"
        )
    if _LEADING_ZERO.fullmatch(text):
        decimal = str(int(text))
        raise AmbiguousScalar(
            f"some readers take {text} for an octal number; write {decimal}, or quote it"
        )
    if _OTHER_BASE.fullmatch(text):
        raise AmbiguousScalar(f"write {text} as a decimal number, or quote it")
    if _UNDERSCORES.fullmatch(text):
        raise AmbiguousScalar(
            f"some readers take {text} for a number; write {text.replace('_', '')}, or quote it"
        )
    if _SEXAGESIMAL.fullmatch(text):
        raise AmbiguousScalar(f"some readers take {text} for minutes and seconds; quote it")
    if _DATE.fullmatch(text):
        raise AmbiguousScalar(f"some readers take {text} for a date; quote it as '{text}'")
