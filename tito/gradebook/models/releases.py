"""What is given out on the hub: for each checkpoint, the student version that counts from some moment on."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from tito.gradebook.models.base import Actor, Base


class Release(Base):
    """One act of giving out a checkpoint, or of taking it back. The newest row of a checkpoint holds."""

    __tablename__ = "releases"
    __table_args__ = (Index("ix_releases_checkpoint", "checkpoint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    checkpoint: Mapped[int] = mapped_column(ForeignKey("checkpoints.number"))
    # The files' digest in the content-addressed store: what students fetch never changes under their hands. NULL where
    # the checkpoint was taken back.
    digest: Mapped[str | None] = mapped_column(String(64))
    # File name -> digest of its content.
    files: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[datetime]
    by: Mapped[Actor]
