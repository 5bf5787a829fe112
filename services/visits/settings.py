"""Settings of visits: what every service needs, and how long a sign-in lasts. Durations are seconds."""

from typing import Annotated, Final

from pydantic import Field

from shared.settings import ServiceSettings

PREFIX: Final = "VISITS_"


class VisitsSettings(ServiceSettings):
    """Read from `VISITS_…`."""

    session_lasts: Annotated[int, Field(ge=300)] = 30 * 86_400
    """A session ends this long after sign-in, whatever happens."""
    session_idle: Annotated[int, Field(ge=300)] = 7 * 86_400
    """A session ends this long after its person last opened a page."""
    sign_in_parallel: Annotated[int, Field(ge=1, le=16)] = 2
    """So many passwords are checked at one time; each takes about 20 MB and a fortieth of a second."""
