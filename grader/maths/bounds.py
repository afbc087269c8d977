"""Limits on what a student may write and on what one evaluation may cost, each with its reason."""

from __future__ import annotations

MAX_CHARACTERS = 8_000
"""A long aligned derivation has about 3,000."""
MAX_TOKENS = 4_000
MAX_DEPTH = 48
"""Nested brackets, powers and fractions; people stop before 12. Keeps recursion short."""
MAX_NODES = 3_000
MAX_WORD = 40
"""Letters of one name, or of a product written as one word."""
MAX_DIGITS = 60
"""Of one number: nobody types more, and longer ones are only attacks."""
MAX_DECIMAL_EXPONENT = 400
"""`1e-300` is a bound in float arithmetic; `1e999999999` is a bomb."""
MAX_EXACT_BITS = 4_096
"""Beyond this an exact fraction is rounded to a float of `DIGITS` digits."""
MAX_EXPONENT_BITS = 40
"""Powers beyond 2**40 are out of range."""
MAX_EXP_BITS = 27
"""log2 of an exponent of e: e^1000000 is a number like any other, e^(e^50) is an attack."""
MAX_MAGNITUDE_BITS = 2**29
"""|log2 x| of any value; exp(1000) has 1,443. Floats of any size are as quick as small ones."""
MAX_TERMS = 2_000
"""Of one sum or product; students' bounds are drawn below 12."""
MAX_WORK = 20_000
"""Nodes evaluated at one point, sums unrolled: about 100 ms at worst."""
MAX_WORK_OF_ALL = 40_000
"""Nodes evaluated for one comparison: about a fifth of a second."""
MAX_WORK_FOR_WITNESS = 20_000
"""Nodes evaluated in search of a witness in small numbers; without one a random point is shown."""
MAX_FACTORIAL = 500
MAX_ENTRIES = 4_096
"""Of one array during an evaluation."""
DIGITS = 40
"""Decimal digits of inexact evaluation."""
MOST_DIGITS = 1_600
"""Of a second look, where a term lay below what 40 digits show: e^-1000 is 10^-434."""
SEEN_BITS = 20
"""A term that is less far below the other, a millionth, is seen in any case."""
