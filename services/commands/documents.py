"""`field-visits docs`: the OpenAPI and AsyncAPI documents, written from the code."""

import json
from pathlib import Path

from services.installation import unconnected


def write_documents(folder: Path, *, check: bool) -> list[Path]:
    """Write the documents that changed, or only name them when `check`."""
    changed: list[Path] = []
    for service in unconnected():
        documents = {"openapi": service.app.openapi(), "asyncapi": service.asyncapi}
        for kind, document in documents.items():
            path = folder / kind / f"{service.name}.json"
            text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            changed.append(path)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return changed
