"""Settings of feedback, named `FEEDBACK_…`: the common ones. What may differ between committees is policy, not setting."""

from shared.settings import ServiceSettings

PREFIX = "FEEDBACK_"


class FeedbackSettings(ServiceSettings):
    """What feedback needs."""
