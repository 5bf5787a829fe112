"""Documents that can go stale are compared with the code."""

from pathlib import Path

from services.commands.documents import write_documents

DOCS = Path(__file__).parent.parent / "docs"


def test_openapi_and_asyncapi_are_what_the_code_says() -> None:
    """A change of an interface changes its document in the same commit: run `make docs`."""
    assert write_documents(DOCS, check=True) == []
