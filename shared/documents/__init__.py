"""Documents of an office: one content, written as PDF for the file and the table, or as DOCX to be worked on.

The layout is that of Party documents (Hướng dẫn 36-HD/VPTW of 03/04/2018): the committee and its number on the left,
the Party's name on the right, place and day under it. Margins and the place are the office's own.
"""

from shared.documents.content import Document, Layout, moment_words, written
from shared.documents.docx import docx
from shared.documents.pdf import pdf

__all__ = ["Document", "Layout", "docx", "moment_words", "pdf", "written"]
