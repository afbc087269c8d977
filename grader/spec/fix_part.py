"""Parts that give code with a bug and ask for it without."""

from typing import Literal

from grader.record import Field
from grader.spec.function_part import FunctionPart


class FixPart(FunctionPart):
    """A function to repair: the starter is shown, and checks that it fails decide."""

    kind: Literal["fix"]  # type: ignore[assignment]
    starter: str = Field(min_length=1)
    """Python source that defines the function, with its bug; students are given it."""
