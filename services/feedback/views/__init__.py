"""What feedback shows. Reads only; late, on time and open are computed from facts and the moment asked about."""

from services.feedback.views.figures import Figures, figures, suppressed

__all__ = ["Figures", "figures", "suppressed"]
