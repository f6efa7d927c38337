"""After-school's declarative base."""

from sqlalchemy.orm import DeclarativeBase

from shared.data.database import TYPES, service_metadata


class Base(DeclarativeBase):
    """Tables of after-school's database."""

    metadata = service_metadata()
    type_annotation_map = TYPES
