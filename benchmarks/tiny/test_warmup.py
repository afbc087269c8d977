"""The same ten asserts as `problems/tiny/warmup.yaml`, for a bare test runner."""

from submissions.tiny.one.warmup import conv_out, relu_grad


def test_below():
    assert relu_grad(-2.0) == 0.0


def test_far_below():
    assert relu_grad(-100.0) == 0.0


def test_at_zero():
    assert relu_grad(0.0) == 0.0


def test_above():
    assert relu_grad(0.5) == 1.0


def test_far_above():
    assert relu_grad(100.0) == 1.0


def test_plain():
    assert conv_out(5, 3, 1, 0) == 3


def test_same():
    assert conv_out(32, 3, 1, 1) == 32


def test_stride():
    assert conv_out(21, 4, 4, 0) == 5


def test_both():
    assert conv_out(32, 4, 2, 1) == 16


def test_whole():
    assert conv_out(7, 7, 1, 0) == 1
