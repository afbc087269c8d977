"""Signatures as the author writes them: `conv(x, W, stride=1)`."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

# Long enough for a kernel with twenty arguments.
MAX_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a function to write."""

    name: str
    has_default: bool = False
    default: Any = None


@dataclass(frozen=True, slots=True)
class Signature:
    """The name of a function to write, and its parameters in order."""

    name: str
    parameters: tuple[Parameter, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)


@lru_cache(maxsize=256)
def read_signature(text: str) -> Signature:
    """Read a name and parameters, with literal defaults; nothing is evaluated.

    Errors   ValueError saying what to write instead.
    """
    advice = "write a name and its parameters, such as f(x, n=1)"
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a signature has at most {MAX_LENGTH} characters")
    try:
        body = ast.parse(f"def {text.strip()}: pass").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"'{text}' is not a signature; {advice}") from None
    function = body[0]
    if len(body) != 1 or not isinstance(function, ast.FunctionDef) or "\n" in text.strip():
        raise ValueError(f"'{text}' is not a signature; {advice}")
    arguments = function.args
    if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
        raise ValueError("a signature cannot have *, ** or /; name each parameter")
    if function.returns or any(argument.annotation for argument in arguments.args):
        raise ValueError("a signature has no annotations; write names alone, such as f(x, n=1)")
    names = [argument.arg for argument in arguments.args]
    if len(set(names)) < len(names):
        raise ValueError("a signature names each parameter once")
    plain = len(names) - len(arguments.defaults)
    parameters = [Parameter(name) for name in names[:plain]]
    parameters += [
        Parameter(name, True, _read_default(name, node))
        for name, node in zip(names[plain:], arguments.defaults, strict=True)
    ]
    return Signature(function.name, tuple(parameters))


def _read_default(name: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        raise ValueError(f"the default of '{name}' is not a number, text, list or None") from None
