"""What routes of the roster need beside the session."""

from typing import Annotated

from fastapi import Depends, Request

from services.afterschool.sealing import Sealer


def _sealer(request: Request) -> Sealer:
    sealer: Sealer = request.app.state.sealer
    return sealer


SealerDep = Annotated[Sealer, Depends(_sealer)]
