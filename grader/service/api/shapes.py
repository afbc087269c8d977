"""Shapes that several kinds of request share, and their bounds."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from fastapi import Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Id = Annotated[int, Path(ge=1, lt=2**53)]
"""A number in a URL: JSON readers keep integers exact up to here."""
UserId = Annotated[int, Field(ge=1, lt=2**53)]
GivenPoints = Annotated[
    Decimal, Field(ge=-10_000, le=10_000, max_digits=9, decimal_places=4, allow_inf_nan=False)
]
"""As specs bound them, to a ten-thousandth."""
GivenTime = Annotated[
    AwareDatetime,
    Field(ge=dt.datetime(1970, 1, 1, tzinfo=dt.UTC), le=dt.datetime(9000, 1, 1, tzinfo=dt.UTC)),
]
"""Within what every time zone can show."""
NO_NUL = r"^[^\x00]*$"
"""A NUL is no text to PostgreSQL."""
Words = Annotated[str, Field(min_length=3, max_length=2000, pattern=NO_NUL)]
Remark = Annotated[str, Field(max_length=4000, pattern=NO_NUL)]
Name = Annotated[str, Field(max_length=200, pattern=NO_NUL)]


class Given(BaseModel):
    """What is sent; keys that are not known are refused."""

    model_config = ConfigDict(extra="forbid")
