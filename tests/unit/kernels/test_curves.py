"""Slopes on log-log axes, and the charts that a kernel's counts are drawn in."""

from __future__ import annotations

import pytest

from grader.kernels.curves import fit_slope


@pytest.mark.parametrize("power", [1, 2, 3])
def test_the_slope_of_a_power_is_its_exponent(power: int) -> None:
    sizes = [16, 32, 64, 128]

    assert fit_slope(sizes, [7.0 * n**power for n in sizes]) == pytest.approx(power)


def test_a_size_without_a_cost_is_left_out_of_the_slope() -> None:
    assert fit_slope([16, 32, 64], [4.0, 8.0, 0.0]) == pytest.approx(1)


def test_one_point_has_no_slope() -> None:
    assert fit_slope([16, 32], [4.0, 0.0]) is None
    assert fit_slope([16, 16], [4.0, 5.0]) is None
