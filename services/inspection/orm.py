"""The declarative base of inspection."""

from sqlalchemy.orm import DeclarativeBase

from shared.database import TYPES, service_metadata


class Base(DeclarativeBase):
    """Tables of the inspection database."""

    metadata = service_metadata()
    type_annotation_map = TYPES
