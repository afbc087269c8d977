"""Rules for parts that ask for a training run."""

from __future__ import annotations

import math

from grader.spec.meaning_functions import check_shared
from grader.spec.scope import Scope
from grader.spec.signature import read_signature
from grader.spec.train_part import TrainPart


def check_training(part: TrainPart, scope: Scope) -> None:
    """Data can be made, and every check has a reachable threshold."""
    scope.need_reference(part.data, "data")
    scope.need_reference(part.measure, "measure")
    check_shared(part.shared, (read_signature(part.signature).name,), (), scope)
    names = [check.name for check in part.checks]
    for index, check in enumerate(part.checks):
        here = scope.below("checks", index)
        if check.name in names[:index]:
            here.refuse(f"there is another check '{check.name}'; rename one", "name")
        for key, value in (("at_least", check.at_least), ("margin", check.margin)):
            if not math.isfinite(value):
                here.refuse(f"'{key}' should be finite", key)
