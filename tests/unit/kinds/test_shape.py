from fractions import Fraction

import pytest
from asking import judge_one, part, written

from grader.errors import BrokenReference
from grader.kinds import shape

PLAIN = part("shape", answer=[2, 5])
BATCH = part("shape", answer=[10, 64, 15, 15])
FLAT = part("shape", answer=[3], equivalents=[[3, 1]], mistakes=[{"answer": [2], "say": "Input!"}])
STATE = part(
    "shape",
    symbols={"n": "positive integer", "m": "positive integer"},
    answer=["m"],
    equivalents=[["m", 1]],
)
WEIGHT = part(
    "shape", symbols={"n": "positive integer", "m": "positive integer"}, answer=["m", "n"]
)
CONV = part(
    "shape",
    symbols={
        "C": {"domain": "positive integer", "low": 1, "high": 16},
        "F": {"domain": "positive integer", "low": 1, "high": 16},
        "H": {"domain": "positive integer", "low": 10, "high": 64},
        "W": {"domain": "positive integer", "low": 10, "high": 64},
        "K": {"domain": "positive integer", "low": 1, "high": 4},
        "P": {"domain": "natural", "low": 0, "high": 3},
        "S": {"domain": "positive integer", "low": 1, "high": 4},
        "D": {"domain": "positive integer", "low": 1, "high": 3},
    },
    answer=[
        "F",
        "floor((H + 2*P - D*(K - 1) - 1)/S) + 1",
        "floor((W + 2*P - D*(K - 1) - 1)/S) + 1",
    ],
    mistakes=[
        {
            "answer": ["F", "(H+2*P-D*(K-1)-1)/S+1", "(W+2*P-D*(K-1)-1)/S+1"],
            "say": "Round the quotient down.",
        }
    ],
)
LATEX_CONV = (
    r"$F \times \left(\left\lfloor\frac{H+2P-D(K-1)-1}{S}\right\rfloor+1\right) \times "
    r"\left(\left\lfloor\frac{W+2P-D(K-1)-1}{S}\right\rfloor+1\right)$"
)


@pytest.mark.parametrize(
    ("asked", "text", "verdict"),
    [
        (PLAIN, "2×5", "passed"),
        (PLAIN, "2 × 5", "passed"),
        (PLAIN, "2x5", "passed"),
        (PLAIN, "2 x 5", "passed"),
        (PLAIN, "2X5", "passed"),
        (PLAIN, "(2, 5)", "passed"),
        (PLAIN, "[2,5]", "passed"),
        (PLAIN, "[2 5]", "passed"),
        (PLAIN, "2, 5", "passed"),
        (PLAIN, "2*5", "passed"),
        (PLAIN, "2 by 5", "passed"),
        (PLAIN, r"$2 \times 5$", "passed"),
        (PLAIN, r"\(2\times5\)", "passed"),
        (PLAIN, "**2×5**", "passed"),
        (PLAIN, "`(2, 5)`", "passed"),
        (PLAIN, "torch.Size([2, 5])", "passed"),
        (PLAIN, "The output is 2×5.", "passed"),
        (PLAIN, "the output has shape (2, 5)", "passed"),
        (PLAIN, "shape = (2, 5)", "passed"),
        (PLAIN, "output shape: 2 x 5", "passed"),
        (PLAIN, "2×5 (rounding up)", "passed"),
        (PLAIN, "2×5, because the windows that do not fit are dropped", "passed"),
        (PLAIN, "We get 2x5 after rounding down", "passed"),
        (PLAIN, "2 rows and 5 columns", "passed"),
        (PLAIN, "ℝ^{2×5}", "passed"),
        (PLAIN, r"\mathbb{R}^{2 \times 5}", "passed"),
        (PLAIN, "R^(2x5)", "passed"),
        (PLAIN, "((11-5)//4+1, (21-4)//4+1)", "passed"),
        (PLAIN, "(floor(6/4)+1) × (floor(17/4)+1)", "passed"),
        (PLAIN, "11×21 → 2×5", "passed"),
        (PLAIN, "2×5 = 10 entries", "passed"),
        (PLAIN, "5×2", "wrong"),
        (PLAIN, "3×5", "wrong"),
        (PLAIN, "2.5×5.25", "wrong"),
        (PLAIN, "10", "wrong"),
        (PLAIN, "2×5×1", "wrong"),
        (PLAIN, "2×5 or 3×5", "refused"),
        (PLAIN, "two and five", "refused"),
        (PLAIN, "m × n", "refused"),
        (PLAIN, "2×", "refused"),
        (PLAIN, "2×" * 300 + "2", "refused"),
        (PLAIN, "9**9**9**9 × 5", "refused"),
        (BATCH, "[10, 64, 15, 15]", "passed"),
        (BATCH, "10x64x15x15", "passed"),
        (BATCH, "10 x 64 x 15 x 15", "passed"),
        (BATCH, "(10,64,15,15)", "passed"),
        (BATCH, "64·3·15·15", "wrong"),
        (BATCH, "[64, 10, 15, 15]", "wrong"),
        (FLAT, "3", "passed"),
        (FLAT, "(3,)", "passed"),
        (FLAT, "[3]", "passed"),
        (FLAT, "R^3", "passed"),
        (FLAT, r"a[t] \in \mathbb{R}^3", "passed"),
        (FLAT, "3×1", "passed"),
        (FLAT, "a vector of length 3", "passed"),
        (FLAT, "3-dimensional vector", "passed"),
        (FLAT, "3 entries", "passed"),
        (FLAT, "2", "wrong"),
        (FLAT, "1×3", "wrong"),
        (STATE, "m", "passed"),
        (STATE, "$m$", "passed"),
        (STATE, "(m,)", "passed"),
        (STATE, "R^m", "passed"),
        (STATE, r"$\mathbb{R}^m$", "passed"),
        (STATE, r"c[t] \in \mathbb{R}^{m}", "passed"),
        (STATE, "c[t] ∈ ℝ^m", "passed"),
        (STATE, "m × 1", "passed"),
        (STATE, "m-dimensional", "passed"),
        (STATE, "n", "wrong"),
        (STATE, "m × n", "wrong"),
        (STATE, "k", "refused"),
        (WEIGHT, "m × n", "passed"),
        (WEIGHT, "m x n", "passed"),
        (WEIGHT, "mxn", "passed"),
        (WEIGHT, "(m, n)", "passed"),
        (WEIGHT, "m*n", "passed"),
        (WEIGHT, r"W_x \in \mathbb{R}^{m \times n}", "passed"),
        (WEIGHT, "n × m", "wrong"),
        (CONV, "F × (⌊(H+2P−D(K−1)−1)/S⌋+1) × (⌊(W+2P−D(K−1)−1)/S⌋+1)", "passed"),
        (CONV, LATEX_CONV, "passed"),
        (
            CONV,
            "(F, (H + 2*P - D*(K - 1) - 1)//S + 1, (W + 2*P - D*(K - 1) - 1)//S + 1)",
            "passed",
        ),
        (CONV, "[F, floor((H+2P-D(K-1)-1)/S + 1), floor((W+2P-D(K-1)-1)/S + 1)]", "passed"),
        (
            CONV,
            "F × H' × W' where H' = floor((H+2P-D(K-1)-1)/S)+1 and W' = floor((W+2P-D(K-1)-1)/S)+1",
            "passed",
        ),
        (
            CONV,
            "C_out = F\nH_out = floor((H+2P-D(K-1)-1)/S)+1\nW_out = floor((W+2P-D(K-1)-1)/S)+1",
            "passed",
        ),
        (
            CONV,
            "H_out = floor((H+2P-D(K-1)-1)/S)+1\nW_out = floor((W+2P-D(K-1)-1)/S)+1\n"
            "(F, H_out, W_out)",
            "passed",
        ),
        (CONV, "F × ((H+2P-D(K-1)-1)/S+1) × ((W+2P-D(K-1)-1)/S+1)", "wrong"),
        (CONV, "F × ceil((H+2P-D(K-1)-1)/S)+1 × ceil((W+2P-D(K-1)-1)/S)+1", "wrong"),
        (CONV, "C × (⌊(H+2P−D(K−1)−1)/S⌋+1) × (⌊(W+2P−D(K−1)−1)/S⌋+1)", "wrong"),
        (CONV, "(⌊(H+2P−D(K−1)−1)/S⌋+1) × (⌊(W+2P−D(K−1)−1)/S⌋+1)", "wrong"),
    ],
)
def test_shape_is_read_and_compared(asked, text, verdict):
    assert judge_one(asked, text).verdict == verdict


def test_missing_floor_is_shown_at_a_small_input():
    outcome = judge_one(CONV, "F × ((H+2P-D(K-1)-1)/S+1) × ((W+2P-D(K-1)-1)/S+1)")
    found = outcome.counterexample
    names = dict(found.inputs)

    assert outcome.mistake == "Round the quotient down."
    assert found.difference == "size 2 of 3"
    assert {"H", "S"} <= set(names)
    exact = Fraction(
        int(names["H"]) + 2 * int(names["P"]) - int(names["D"]) * (int(names["K"]) - 1) - 1,
        int(names["S"]),
    )
    assert int(found.expected) == exact.numerator // exact.denominator + 1
    assert found.saw != found.expected


def test_other_rank_is_said():
    outcome = judge_one(PLAIN, "(1, 2, 5)")

    assert "3 sizes in 1 × 2 × 5" in outcome.feedback
    assert "2 sizes" in outcome.feedback


def test_wrong_size_is_pointed_at_without_giving_the_right_one_away():
    outcome = judge_one(PLAIN, "3 × 5")

    assert "3 as size 1 of 2" in outcome.feedback
    assert "2 × 5" not in outcome.feedback


def test_right_sizes_in_another_order_are_recognised():
    assert "their order is not" in judge_one(BATCH, "[64, 10, 15, 15]").feedback


def test_known_mistake_brings_its_words():
    assert judge_one(FLAT, "(2,)").mistake == "Input!"


def test_two_shapes_that_cannot_be_equal_are_no_answer():
    for text in ("(5, 2) = (2, 5)", "(2, 5) = (5, 2)", "5 x 2 == 2 x 5"):
        assert judge_one(PLAIN, text).verdict == "refused", text
    assert judge_one(PLAIN, "(2, 5) = (2, 5)").verdict == "passed"


def test_two_shapes_are_refused_with_words():
    assert "2 shapes" in judge_one(PLAIN, "2×5 or 3×5").feedback


def test_understood_is_written_one_way():
    assert judge_one(PLAIN, "torch.Size([2, 5])").understood == "2 × 5"
    assert judge_one(STATE, r"\mathbb{R}^m").understood == "(m,)"


def test_unreadable_answer_of_the_spec_is_the_author_s_fault():
    with pytest.raises(BrokenReference, match="not a shape"):
        judge_one(part("shape", answer=["q", 2]), "2 × 2")


def test_later_parts_get_a_list():
    assert shape.read_value(PLAIN, written("2×5")) == [2, 5]
    assert shape.read_value(STATE, written("R^m")) == ["m"]
    assert shape.read_value(PLAIN, written("?")) is None
