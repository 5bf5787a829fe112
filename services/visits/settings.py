"""Settings of visits: what every service needs, and how long a sign-in lasts. Durations are seconds."""

from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import ServiceSettings

PREFIX: Final = "VISITS_"
_PROVIDER_AT: Final = ("https://", "http://127.0.0.1:", "http://localhost:")


class VisitsSettings(ServiceSettings):
    """Read from `VISITS_…`."""

    session_lasts: Annotated[int, Field(ge=300)] = 30 * 86_400
    """A session ends this long after sign-in, whatever happens."""
    session_idle: Annotated[int, Field(ge=300)] = 7 * 86_400
    """A session ends this long after its person last opened a page."""
    sign_in_parallel: Annotated[int, Field(ge=1, le=16)] = 2
    """So many passwords are checked at one time; each takes about 20 MB and a fortieth of a second."""
    device_lasts: Annotated[int, Field(ge=86_400)] = 180 * 86_400
    """What a phone holds to send its queue ends this long after it was given."""
    direct_links: bool = False
    """One-time links open a session without a second factor: for the demo on one's own machine."""
    photos: bool = False
    """Whether a visit may carry photographs of places and things; the committee decides it (decision 0037)."""
    oidc_issuer: str | None = None
    """An outside OpenID Connect provider people may sign in with; it comes with an id and a secret."""
    oidc_client_id: str | None = None
    oidc_client_secret: SecretStr | None = None
    oidc_code_claim: str | None = None
    """The claim that holds a person's code; without it the office links each person."""

    @model_validator(mode="after")
    def _whole_provider(self) -> Self:
        """A provider needs all its parts, and HTTPS unless it runs on this machine."""
        parts = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(parts) and not all(parts):
            raise ValueError(
                f"{PREFIX}OIDC_ISSUER, {PREFIX}OIDC_CLIENT_ID and {PREFIX}OIDC_CLIENT_SECRET belong together"
            )
        if self.oidc_issuer and not self.oidc_issuer.startswith(_PROVIDER_AT):
            raise ValueError(f"{PREFIX}OIDC_ISSUER must begin with https://")
        return self
