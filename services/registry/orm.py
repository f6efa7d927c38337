"""The registry's declarative base."""

from sqlalchemy.orm import DeclarativeBase

from shared.data.database import TYPES, service_metadata


class Base(DeclarativeBase):
    """Tables of the registry's database."""

    metadata = service_metadata()
    type_annotation_map = TYPES
