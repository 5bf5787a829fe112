"""What several answers show, and the forms of number that several requests take."""

from typing import Annotated

from pydantic import BaseModel, Field

from services.feedback.domain.policy import MOST_DAYS

Days = Annotated[int, Field(ge=1, le=MOST_DAYS)]


class WarningOut(BaseModel):
    """Something its writer should look at again; nothing was refused for it, and nothing of it is repeated."""

    pointer: str
    code: str
    message: str
