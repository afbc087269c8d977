"""References of `problems/hw6/transformer-by-hand.yaml`: what a head by hand must do."""

from __future__ import annotations

import numpy as np

SEQUENCES = 60
"""How many are drawn. A head that errs on a tenth of them slips through once in 500 times."""

ALLOWED = 0.01
"""Of a mean load, as the prompt says."""

LEAST_WEIGHT = 0.99
"""Of the token to be copied, as the prompt says."""


def _weigh(scores: np.ndarray) -> np.ndarray:
    """The softmax along each row."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def attends_by_content(Q: np.ndarray, K: np.ndarray, V: np.ndarray) -> dict[str, object]:
    """Whether each place gets the mean load of its own kind, on sequences drawn at random.

    Shapes   Q, K: (4, r), V: (4, 1).
    Errors   the worst sequences are among those drawn: one token of the kind among seven others.
    Source   the mean, taken over tokens of equal kind.
    Cost     some hundred products of 8 × 4 matrices.
    """
    generator = np.random.default_rng(6)
    for index in range(SEQUENCES):
        length = 8 if index % 2 else int(generator.integers(1, 9))
        kinds = generator.integers(0, 3, length)
        loads = generator.uniform(-1, 1, length)
        if index < 12:
            # One token of a kind, and the others' loads against its own.
            kinds = np.full(8, index % 3)
            kinds[index % 8] = (index + 1 + index // 6) % 3
            loads = np.full(8, 1.0 if index % 2 else -1.0)
            loads[index % 8] *= -1
        X = np.column_stack([np.eye(3)[kinds], loads])
        found = (_weigh((X @ Q) @ (X @ K).T) @ X @ V)[:, 0]
        wanted = np.array([loads[kinds == kind].mean() for kind in kinds])
        errors = np.abs(found - wanted)
        # Not a number is not near a number either.
        if not (errors <= ALLOWED).all():
            place = int(np.argmax(np.nan_to_num(errors, nan=np.inf)))
            return {
                "holds": False,
                "inputs": {"kinds": kinds.tolist(), "loads": np.round(loads, 3).tolist()},
                "saw": f"{found[place]:.4g} at place {place}",
                "expected": f"{wanted[place]:.4g}",
            }
    return {"holds": True}


def attends_to_the_place_before(P: np.ndarray, Q: np.ndarray, K: np.ndarray) -> dict[str, object]:
    """Whether each place's weight is on the one before it, and the first one's on itself.

    Shapes   P: (4, p), Q, K: (p, r).
    Source   the softmax of P Q (P K)ᵀ.
    Cost     three products of small matrices.
    """
    weights = _weigh((P @ Q) @ (P @ K).T)
    for place, wanted in enumerate((0, 0, 1, 2)):
        if not weights[place, wanted] >= LEAST_WEIGHT:
            shown = ", ".join(f"{weight:.3g}" for weight in weights[place])
            return {
                "holds": False,
                "share": 0.25 if place == 0 and _follows(weights) else 0,
                "inputs": {"place": place},
                "saw": f"weights {shown}",
                "expected": f"at least {LEAST_WEIGHT} on place {wanted}",
            }
    return {"holds": True}


def _follows(weights: np.ndarray) -> bool:
    """Whether all is right but the first place."""
    return all(weights[place, place - 1] >= LEAST_WEIGHT for place in (1, 2, 3))
