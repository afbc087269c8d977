"""References of `problems/hw5/sequences.yaml`: beam search, and attention that takes the best."""

from __future__ import annotations

from collections.abc import Mapping

Sequence_ = tuple[int, ...]
END = 0


def beam_search(
    start: list[float], step: list[list[float]], k: int, length: int
) -> list[list[int]]:
    """Finished sequences of a beam that narrows as they finish, the best first.

    Shapes   start: (V,), step: (V, V).  Returns at most k lists of at most `length` tokens.
    Units    log-probabilities.
    Errors   totals are sums of at most `length` terms; ties by dictionary order.
    Source   the three steps of the part's prompt.
    Cost     O(length k V log(k V)).
    """
    return _search(start, step, k, length)


def _search(
    start: list[float], step: list[list[float]], k: int, length: int, narrows: bool = True
) -> list[list[int]]:
    live = [(score, (token,)) for token, score in enumerate(start)]
    finished: list[tuple[float, Sequence_]] = []
    for size in range(1, length + 1):
        kept = sorted(live, key=_best_first)[:k]
        ended = [each for each in kept if each[1][-1] == END]
        going = [each for each in kept if each[1][-1] != END]
        finished += ended
        if narrows:
            k -= len(ended)
        if k == 0 or size == length:
            finished += going
            break
        live = [
            (score + step[tokens[-1]][token], (*tokens, token))
            for score, tokens in going
            for token in range(len(start))
        ]
    return [list(tokens) for _, tokens in sorted(finished, key=_best_first)]


def _best_first(scored: tuple[float, Sequence_]) -> tuple[float, Sequence_]:
    return -scored[0], scored[1]


def rnn_attn_out(rnn_states: Mapping[str, list[float]]) -> list[float]:
    """The value whose key fits the query best.

    Shapes   keys k1, k2, k3, values v1, v2, v3 and the query q, each (n,).  Returns (n,).
    Units    those of the values.
    Errors   none; of equal scores the first is taken.
    Source   argmax of k · q.
    Cost     none to speak of.
    """
    return rnn_states[f"v{_find_best(rnn_states)}"]


def _find_best(states: Mapping[str, list[float]]) -> int:
    def score(t: int) -> float:
        return sum(a * b for a, b in zip(states[f"k{t}"], states["q"], strict=True))

    return max((1, 2, 3), key=score)


# What follows is wrong on purpose: the known mistakes that the problem names.


def beam_search_constant_width(
    start: list[float], step: list[list[float]], k: int, length: int
) -> list[list[int]]:
    """The beam keeps its width."""
    return _search(start, step, k, length, narrows=False)


def beam_search_finished_go_on(
    start: list[float], step: list[list[float]], k: int, length: int
) -> list[list[int]]:
    """The token 0 ends nothing."""
    live = [(score, (token,)) for token, score in enumerate(start)]
    for _ in range(length - 1):
        kept = sorted(live, key=_best_first)[:k]
        live = [
            (score + step[tokens[-1]][token], (*tokens, token))
            for score, tokens in kept
            for token in range(len(start))
        ]
    return [list(tokens) for _, tokens in sorted(live, key=_best_first)[:k]]


def rnn_attn_out_key(rnn_states: Mapping[str, list[float]]) -> list[float]:
    """The key that fits best."""
    return rnn_states[f"k{_find_best(rnn_states)}"]
