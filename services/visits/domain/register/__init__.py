"""A paper register typed into a workbook or CSV files, read as a whole or refused as a whole.

Reading touches no database and knows no time: it either returns every row, each checked against the others
and remembering its line, or raises `RegisterErrors` that names every fault at once, so that a clerk corrects
a spreadsheet in one sitting. A register without the column `report_filed_at` is history.
"""

from services.visits.domain.register.findings import Finding, Findings, RegisterErrors, Rule
from services.visits.domain.register.model import (
    IssueRow,
    PersonRow,
    Register,
    Row,
    UnitRow,
    VisitRow,
    content_hash,
    register_id,
)
from services.visits.domain.register.reading import Around, Upload, read_register, read_uploads

__all__ = [
    "Around",
    "Finding",
    "Findings",
    "IssueRow",
    "PersonRow",
    "Register",
    "RegisterErrors",
    "Row",
    "Rule",
    "UnitRow",
    "Upload",
    "VisitRow",
    "content_hash",
    "read_register",
    "read_uploads",
    "register_id",
]
