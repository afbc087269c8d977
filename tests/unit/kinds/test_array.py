from fractions import Fraction

import pytest
from asking import judge_one, part, written

from grader.errors import BrokenReference
from grader.kinds import array

SQUARE = part("array", answer=[[1, 2], [3, 4]])
STEP = part("array", answer=[0.943, 2.243, 5.667])
WIDE = part("array", answer=[[1, 2, 3]])
TALL = part("array", answer=[[1], [2], [3]])
SINGLE = part("array", answer=[[20]])
EXACT = part("array", answer=["1/3", "sqrt(2)"])
NEAR = part("array", answer=[1, 2], tolerance={"atol": 0.1, "why": "read off a figure"})
BLOCK = part("array", answer=[[[1, 2], [3, 4]], [[5, 6], [7, 8]]])


@pytest.mark.parametrize(
    ("asked", "text", "verdict"),
    [
        (SQUARE, "[[1, 2], [3, 4]]", "passed"),
        (SQUARE, "[[1,2],[3,4]]", "passed"),
        (SQUARE, "((1, 2), (3, 4))", "passed"),
        (SQUARE, "{{1, 2}, {3, 4}}", "passed"),
        (SQUARE, "[1, 2; 3, 4]", "passed"),
        (SQUARE, "[1 2; 3 4]", "passed"),
        (SQUARE, "[[1 2]\n [3 4]]", "passed"),
        (SQUARE, "[[1. 2.]\n [3. 4.]]", "passed"),
        (SQUARE, "tensor([[1., 2.],\n        [3., 4.]])", "passed"),
        (SQUARE, "tensor([[1., 2.], [3., 4.]], dtype=torch.float64, requires_grad=True)", "passed"),
        (SQUARE, "tensor([[1., 2.], [3., 4.]], grad_fn=<MulBackward0>)", "passed"),
        (SQUARE, "np.array([[1, 2], [3, 4]])", "passed"),
        (SQUARE, "torch.tensor([[1, 2], [3, 4]], device='cuda:0')", "passed"),
        (SQUARE, "Matrix([[1, 2], [3, 4]])", "passed"),
        (SQUARE, r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "passed"),
        (SQUARE, r"$$\begin{bmatrix}1&2\\3&4\end{bmatrix}$$", "passed"),
        (SQUARE, r"W = \left[\begin{array}{cc} 1 & 2 \\ 3 & 4 \\ \end{array}\right]", "passed"),
        (SQUARE, r"\begin{bmatrix} 1 & 3 \\ 2 & 4 \end{bmatrix}^\top", "passed"),
        (SQUARE, r"\begin{bmatrix} 1 & 2 \\[4pt] 3 & 4 \end{bmatrix}", "passed"),
        (SQUARE, "[[1, 3], [2, 4]]^T", "passed"),
        (SQUARE, "1 2\n3 4", "passed"),
        (SQUARE, "1, 2\n3, 4", "passed"),
        (SQUARE, "| 1 | 2 |\n| 3 | 4 |", "passed"),
        (SQUARE, "1 & 2\n3 & 4", "passed"),
        (SQUARE, "1, 2; 3, 4", "passed"),
        (SQUARE, "[1, 2]\n[3, 4]", "passed"),
        (SQUARE, "```\n[[1, 2],\n [3, 4]]\n```", "passed"),
        (SQUARE, "C = [[1, 2], [3, 4]]", "passed"),
        (SQUARE, "[[1, 4/2], [6/2, 2**2]]", "passed"),
        (SQUARE, "[[1, (1+1)], [3, 4]]", "passed"),
        (SQUARE, "[[1, 3], [2, 4]]", "wrong"),
        (SQUARE, "[[1, 2], [3, −4]]", "wrong"),
        (SQUARE, "[1, 2, 3, 4]", "wrong"),
        (SQUARE, "[[1, 2], [3]]", "refused"),
        (SQUARE, "[[1, 2], [3, x]]", "refused"),
        (SQUARE, "[[1, 2], [3, 4]", "refused"),
        (SQUARE, "no idea", "refused"),
        (SQUARE, "[" * 500 + "]" * 500, "refused"),
        (SQUARE, "[]", "wrong"),
        (STEP, "[0.943, 2.243, 5.667]", "passed"),
        (STEP, "(0.943, 2.243, 5.667)", "passed"),
        (STEP, "0.943, 2.243, 5.667", "passed"),
        (STEP, "0.943 2.243 5.667", "passed"),
        (STEP, "0.943\n2.243\n5.667", "passed"),
        (STEP, "- 0.943\n- 2.243\n- 5.667", "passed"),
        (STEP, "1. 0.943\n2. 2.243\n3. 5.667", "passed"),
        (STEP, "w1 = 0.943, w2 = 2.243, w3 = 5.667", "passed"),
        (STEP, "w1 = 0.943\nw2 = 2.243\nw3 = 5.667", "passed"),
        (STEP, "w_1: 0.943\nw_2: 2.243\nw_3: 5.667", "passed"),
        (STEP, "w = (0.943, 2.243, 5.667)", "passed"),
        (STEP, "[[0.943], [2.243], [5.667]]", "passed"),
        (STEP, r"\begin{pmatrix} 0.943 \\ 2.243 \\ 5.667 \end{pmatrix}", "passed"),
        (STEP, "[1 - 0.01*5.7, 2.3 - 0.01*5.7, 5.7 - 0.01*3.3]", "passed"),
        (STEP, "[1 - 0.057, 2.3 - 0.057, 5.7 - 0.033]", "passed"),
        (STEP, "0.943, 2.243", "wrong"),
        (STEP, "0.943, 2.243, 5.67", "wrong"),
        (STEP, "1.057, 2.357, 5.733", "wrong"),
        (WIDE, "[[1, 2, 3]]", "passed"),
        (WIDE, "[1, 2, 3]", "passed"),
        (WIDE, "[1 2 3]", "passed"),
        (WIDE, "[[1], [2], [3]]", "wrong"),
        (TALL, "[[1], [2], [3]]", "passed"),
        (TALL, "[1; 2; 3]", "passed"),
        (TALL, "[1, 2, 3]^T", "passed"),
        (TALL, "[[1, 2, 3]]^T", "passed"),
        (TALL, "[[1, 2, 3]]", "wrong"),
        (SINGLE, "[[20]]", "passed"),
        (SINGLE, "20", "passed"),
        (SINGLE, "[20]", "passed"),
        (SINGLE, "[[1, 2, 3], [4, 5, 6], [7, 8, 9]]", "wrong"),
        (SINGLE, "[[21]]", "wrong"),
        (EXACT, "1/3, sqrt(2)", "passed"),
        (EXACT, "[0.333, 1.414]", "passed"),
        (EXACT, "[0.333, 1.42]", "wrong"),
        (NEAR, "1.05, 1.95", "passed"),
        (NEAR, "1.2, 2", "wrong"),
        (BLOCK, "[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]", "passed"),
        (BLOCK, "[[[1 2]\n  [3 4]]\n\n [[5 6]\n  [7 8]]]", "passed"),
        (BLOCK, "[[1, 2], [3, 4], [5, 6], [7, 8]]", "wrong"),
    ],
)
def test_array_is_read_and_compared(asked, text, verdict):
    assert judge_one(asked, text).verdict == verdict


def test_wrong_shape_is_said_before_any_entry():
    outcome = judge_one(SINGLE, "[[1, 2, 3], [4, 5, 6], [7, 8, 9]]")

    assert "a 3 × 3 matrix" in outcome.feedback
    assert "a 1 × 1 matrix" in outcome.feedback
    assert outcome.counterexample.difference == "shape (3, 3), expected (1, 1)"


def test_first_wrong_entry_is_shown_and_not_the_right_one():
    outcome = judge_one(SQUARE, "[[1, 2], [5, 7]]")

    assert "2 of 4 entries differ, the first at [1, 0]: 5" in outcome.feedback
    assert outcome.counterexample.difference == "at [1, 0]: 5 is wrong"


def test_transpose_is_recognised():
    assert "transpose" in judge_one(SQUARE, "[[1, 3], [2, 4]]").feedback


def test_rows_of_different_length_are_named():
    outcome = judge_one(SQUARE, "[[1, 2], [3]]")

    assert "2 entries in row 0, 1 entries in row 1" in outcome.feedback


def test_unreadable_entry_is_named_with_its_place():
    assert "'x' at [1, 1]" in judge_one(SQUARE, "[[1, 2], [3, x]]").feedback


def test_known_mistake_earns_its_credit():
    asked = part(
        "array", answer=[1, 2], mistakes=[{"answer": [2, 1], "credit": 0.25, "say": "swapped"}]
    )
    outcome = judge_one(asked, "2, 1")

    assert (outcome.share, outcome.mistake) == (Fraction(1, 4), "swapped")


def test_reference_function_may_give_the_entries():
    asked = part("array", uses=[])

    assert judge_one(asked, "[0.3, 2]", question=lambda: [0.1 + 0.2, 2]).verdict == "passed"


def test_ragged_reference_is_the_author_s_fault():
    with pytest.raises(BrokenReference, match="differ in length"):
        judge_one(part("array", answer=[[1, 2], [3]]), "1")


def test_later_parts_get_nested_lists_in_the_right_shape():
    assert array.read_value(SQUARE, written("1 2\n3 4")) == [[1, 2], [3, 4]]
    assert array.read_value(STEP, written("[[0.5], [1], [2]]")) == [0.5, 1, 2]
    assert array.read_value(STEP, written("?")) is None
