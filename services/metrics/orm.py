"""The declarative base of metrics."""

from sqlalchemy.orm import DeclarativeBase

from shared.data.database import TYPES, service_metadata


class Base(DeclarativeBase):
    """Tables of the metrics database."""

    metadata = service_metadata()
    type_annotation_map = TYPES
