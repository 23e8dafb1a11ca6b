"""Giving a checkpoint out on the hub, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tito.course.checkpoints import Checkpoint
from tito.gradebook.models import Release
from tito.gradebook.work import Work


class GivenOut(NamedTuple):
    """The student version of a checkpoint that is given out: the digest in the store, and each file's own."""

    digest: str
    files: Mapping[str, str]


def given_out(session: Session) -> dict[int, GivenOut]:
    """Return what is given out, by checkpoint number. One query."""
    newest = select(func.max(Release.id)).group_by(Release.checkpoint)
    rows = session.scalars(select(Release).where(Release.id.in_(newest)))
    return {row.checkpoint: GivenOut(row.digest, row.files) for row in rows if row.digest is not None}


def give_out(work: Work, checkpoint: Checkpoint, digest: str, files: Mapping[str, str]) -> bool:
    """Give out the files that lie in the store under `digest`; False when just these are given out already."""
    work.alone_on(Release)
    before = given_out(work.session).get(checkpoint.number)
    if before is not None and before.digest == digest:
        work.unaudited()
        return False
    work.session.add(
        Release(checkpoint=checkpoint.number, digest=digest, files=dict(files), at=work.now, by=work.actor)
    )
    work.audit(
        "release.give_out",
        checkpoint=checkpoint.number,
        before=None if before is None else {"digest": before.digest},
        after={"digest": digest},
    )
    return True


def take_back(work: Work, checkpoint: Checkpoint) -> bool:
    """Take a checkpoint back, so that nobody fetches it any more; False when it was not given out."""
    work.alone_on(Release)
    before = given_out(work.session).get(checkpoint.number)
    if before is None:
        work.unaudited()
        return False
    work.session.add(Release(checkpoint=checkpoint.number, digest=None, files={}, at=work.now, by=work.actor))
    work.audit("release.take_back", checkpoint=checkpoint.number, before={"digest": before.digest})
    return True
