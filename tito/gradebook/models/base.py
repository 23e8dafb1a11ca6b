"""What all tables share: the declarative base, names of constraints, and the column types that SQL lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, MetaData, String, Text
from sqlalchemy import Enum as SqlEnum
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

from tito.course.points import from_milli, to_milli

NAMES = {
    # Alembic can only drop or change what has a name, and SQLite invents none.
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Points(TypeDecorator[Decimal]):
    """Points as a `Decimal`, stored as an integer of thousandths.

    SQLite has no decimal type and would hand back floats; integers are exact everywhere and add up in SQL.
    Raises ValueError for a value that is not a whole number of thousandths.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Give the database thousandths."""
        return None if value is None else to_milli(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Give the program points."""
        return None if value is None else from_milli(value)


class UtcTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite keeps no zone, so a naive value is refused before it can be misread."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; SQLite stores the digits alone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone cannot be stored: {value!r}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the same moment as an aware UTC datetime."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactScore(TypeDecorator[Fraction]):
    """A score out of 100 as an exact fraction, stored as text (`2903/42`).

    Thirds have no decimal; a score that was rounded when stored would be rounded again when shown.
    """

    impl = String(100)
    cache_ok = True

    def process_bind_param(self, value: Fraction | None, dialect: Dialect) -> str | None:
        """Give the database `numerator/denominator`."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Fraction | None:
        """Give the program the fraction."""
        return None if value is None else Fraction(value)


def choice(options: type[Enum], name: str) -> SqlEnum:
    """A column of one of an enum's values, held by a CHECK constraint called `name`.

    Not a native PostgreSQL enum: those cannot be changed inside a transaction together with the rows that use
    them.
    """
    return SqlEnum(
        options,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=32,
        values_callable=lambda kinds: [kind.value for kind in kinds],
        validate_strings=True,
    )


ShortText = Annotated[str, mapped_column(String(200))]
"""A name or a title."""
Digest = Annotated[str, mapped_column(String(64))]
"""SHA-256 in hex."""
LongText = Annotated[str, mapped_column(Text)]
"""Text of any length; what students write is capped before it comes here."""
Actor = Annotated[str, mapped_column(String(100))]
"""Who did it, as `role:name` (`instructor:ana`, `system:grade`). Text and no key: staff leave, their deeds
stay.
"""


class Base(DeclarativeBase):
    """The parent of all tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        Decimal: Points,
        datetime: UtcTime,
        Fraction: ExactScore,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }
