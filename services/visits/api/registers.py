"""The import desk: the office's registers come in from spreadsheets, seen through first, undone as a whole.

Nothing of a file is kept: a preview is an import that is rolled back, and who confirms sends the files again
with what the preview showed. An import writes visits with what hangs on them in one statement, which the wall
around requests forbids; whose it is follows from the committee of whoever acts, and from nothing in a file.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Request, Response

from services.visits import handlers
from services.visits.domain.register import Finding, Register, RegisterErrors, Upload, read_uploads
from services.visits.domain.register.reading import FORMS
from services.visits.domain.register.template import template
from services.visits.handlers.register import Counted, ImportSummary, News
from services.visits.handlers.undo import UNDONE_WITHIN, Obstacle
from services.visits.schemas.common import PersonName
from services.visits.schemas.registers import (
    ChangedOut,
    CountedOut,
    EffectOut,
    FileIn,
    FindingOut,
    ImportDetail,
    ImportIn,
    ImportList,
    ImportOut,
    NewsOut,
    ObstacleOut,
    PreviewIn,
    PreviewOut,
)
from services.visits.store import registers as store
from services.visits.store.registers import Import, Part
from shared import directory
from shared.access import RULES, Principal, allow
from shared.directory import Person
from shared.errors import Conflict, FieldError, Invalid
from shared.http import json_body
from shared.http.problems import wants_vietnamese
from shared.sheets import XLSX, download
from shared.uow import Database, UnitOfWork

BODY_BYTES: Final = 12 << 20
"""Of the request: files of 9 MB in base64, and their names."""
SHOWN: Final = 200
LISTED: Final = 50

log = structlog.get_logger()
Reader = Annotated[Principal, Depends(allow(RULES.read_imports))]
Importer = Annotated[Principal, Depends(allow(RULES.import_register))]


def build_router(database: Database) -> APIRouter:
    router = APIRouter(prefix="/visits/api/imports/registers", tags=["registers"])
    reading = _Reading(database)
    _add_preview(router, database, reading)
    _add_import(router, database, reading)
    _add_looking_back(router, database)
    return router


class _Reading:
    """Reading a workbook keeps a processor busy for seconds: in a thread, and never two of them at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._one_at_a_time = asyncio.Lock()

    async def register(self, files: Sequence[FileIn], committee_id: UUID) -> Register:
        """What the files say, against what the committee has. Raises RegisterErrors."""
        uploads = [Upload(name=file.name, data=file.content) for file in files]
        async with self._database.read() as tx:
            around = await handlers.around(tx, committee_id)
        async with self._one_at_a_time:
            return await asyncio.to_thread(read_uploads, uploads, around)


def _add_preview(router: APIRouter, database: Database, reading: _Reading) -> None:
    @router.post("/preview")
    async def preview(
        request: Request,
        principal: Reader,
        body: Annotated[PreviewIn, Depends(json_body(PreviewIn, max_bytes=BODY_BYTES))],
    ) -> PreviewOut:
        """What an import of these files would do, or every fault that keeps them out. Nothing is recorded."""
        vietnamese = wants_vietnamese(request.headers.get("accept-language"))
        try:
            register = await reading.register(body.files, principal.committee_id)
            effect = await database.everywhere.rehearse(
                lambda tx: handlers.import_register(
                    register, tx, committee_id=principal.committee_id, by=principal.person_id
                )
            )
        except RegisterErrors as refused:
            return PreviewOut(
                faults=[_finding(each, vietnamese=vietnamese) for each in refused.errors],
                faults_total=refused.total,
                notes=[],
                effect=None,
            )
        return PreviewOut(
            faults=[],
            faults_total=0,
            notes=[_finding(each, vietnamese=vietnamese) for each in register.notes],
            effect=_effect(effect, vietnamese=vietnamese),
        )


def _add_import(router: APIRouter, database: Database, reading: _Reading) -> None:
    @router.post("", status_code=201, responses={200: {"model": ImportOut}})
    async def import_register(
        principal: Importer,
        body: Annotated[ImportIn, Depends(json_body(ImportIn, max_bytes=BODY_BYTES))],
        response: Response,
    ) -> ImportOut:
        """Record what the preview showed, all of it or nothing. The same id sent again is recorded once."""
        async with database.read() as tx:
            done = await store.find_import(tx, body.import_id)
        if done is not None:
            if done.digest != body.digest:
                raise Conflict(
                    "Mã này đã ghi một lần nhập khác.", "This id already stands for another import."
                )
            response.status_code = 200
        else:
            await record(body, principal)
            log.info("register imported", import_id=str(body.import_id))
        async with database.read() as tx:
            return await _shown(await handlers.import_of(body.import_id, principal.committee_id, tx), tx)

    async def record(body: ImportIn, principal: Principal) -> None:
        async def work(tx: UnitOfWork) -> None:
            summary = await handlers.import_register(
                register,
                tx,
                committee_id=principal.committee_id,
                import_id=body.import_id,
                files=[file.name for file in body.files],
                by=principal.person_id,
            )
            if summary.changed_nothing:
                raise Conflict(
                    "Sổ không có gì mới so với đã ghi.", "The register says nothing that is not recorded."
                )
            if summary.digest != body.digest:
                raise Conflict(
                    "Dữ liệu hoặc tệp đã khác so với lúc xem trước; hãy xem lại rồi nhập.",
                    "The data or the files differ from what the preview showed; look again, then import.",
                )

        try:
            register = await reading.register(body.files, principal.committee_id)
            await database.everywhere.run(work)
        except RegisterErrors as refused:
            raise _invalid(refused) from None


def _add_looking_back(router: APIRouter, database: Database) -> None:
    @router.get(
        "/template",
        dependencies=[Depends(allow(RULES.read_imports))],
        response_class=Response,
        responses={200: {"content": {XLSX: {}}}},
    )
    async def get_template() -> Response:
        """A workbook to fill in: a page for each part of a register, with the words to choose from."""
        return download(template(), media_type=XLSX, name="Mẫu nhập sổ.xlsx")

    @router.get("")
    async def list_imports(principal: Reader) -> ImportList:
        """The newest imports of the committee, with those that were undone."""
        async with database.read() as tx:
            found = await store.imports(tx, principal.committee_id, limit=LISTED)
            people = await directory.people_by_ids(tx, _writers(found))
        return ImportList(imports=[_import(each, people) for each in found])

    @router.get("/{import_id}")
    async def get_import(principal: Reader, import_id: UUID) -> ImportDetail:
        """One import and, while it stands, what keeps it from being undone."""
        async with database.everywhere.read() as tx:  # who has a way in is behind another wall
            found = await handlers.import_of(import_id, principal.committee_id, tx)
            hindering = [] if found.undone_at else await handlers.obstacles(found, tx)
            shown = await _shown(found, tx)
        return ImportDetail(
            **shown.model_dump(),
            obstacles=[_obstacle(each) for each in hindering[:SHOWN]],
            obstacles_total=len(hindering),
        )

    @router.post("/{import_id}/undo")
    async def undo(principal: Importer, import_id: UUID) -> ImportOut:
        """Bring back everything to where it stood before the import, or nothing; done before, it stays done."""

        async def work(tx: UnitOfWork) -> ImportOut:
            undone = await handlers.undo_import(import_id, principal.committee_id, tx, by=principal.person_id)
            return await _shown(undone, tx)

        return await database.everywhere.run(work)


async def _shown(found: Import, tx: UnitOfWork) -> ImportOut:
    return _import(found, await directory.people_by_ids(tx, _writers([found])))


def _writers(found: Sequence[Import]) -> list[UUID]:
    return [id_ for each in found for id_ in (each.imported_by, each.undone_by) if id_ is not None]


def _import(found: Import, people: dict[UUID, Person]) -> ImportOut:
    def name(person_id: UUID | None) -> PersonName | None:
        if person_id is None or (person := people.get(person_id)) is None:
            return None
        return PersonName(person_id=person.person_id, code=person.code, full_name=person.full_name)

    return ImportOut(
        import_id=found.import_id,
        files=list(found.files),
        units=ChangedOut(**found.counts["units"]),
        people=ChangedOut(**found.counts["people"]),
        visits=ChangedOut(**found.counts["visits"]),
        history=found.counts["history"],
        imported_at=found.imported_at,
        imported_by=name(found.imported_by),
        undoable_until=found.imported_at + UNDONE_WITHIN,
        undone_at=found.undone_at,
        undone_by=name(found.undone_by),
    )


def _effect(summary: ImportSummary, *, vietnamese: bool) -> EffectOut:
    return EffectOut(
        digest=summary.digest,
        units=_counted(summary.units),
        people=_counted(summary.people),
        visits=_counted(summary.visits),
        issues=summary.issues,
        history=summary.is_history,
        undoable=not summary.files_papers,
        news=[_news(each, vietnamese=vietnamese) for each in summary.news[:SHOWN]],
        news_total=len(summary.news),
    )


def _counted(counted: Counted) -> CountedOut:
    return CountedOut(added=counted.added, changed=counted.changed, unchanged=counted.unchanged)


def _news(news: News, *, vietnamese: bool) -> NewsOut:
    headings = _HEADINGS[news.part] if vietnamese else {}
    return NewsOut(
        part=news.part,
        code=news.code,
        title=news.title,
        added=news.added,
        columns=[headings.get(column, column) for column in news.columns],
    )


def _finding(found: Finding, *, vietnamese: bool) -> FindingOut:
    return FindingOut(
        place=found.place_vi if vietnamese else found.place_en,
        file=found.file,
        line=found.line,
        column=found.column,
        cell=found.cell,
        value=found.value,
        rule=found.rule,
        message=found.vi if vietnamese else found.en,
    )


def _obstacle(each: Obstacle) -> ObstacleOut:
    return ObstacleOut(part=each.part, code=each.code, reason=each.reason)


def _invalid(refused: RegisterErrors) -> Invalid:
    return Invalid(
        f"Sổ có {refused.total} lỗi, không nhập gì.",
        f"The register has {refused.total} faults; nothing was imported.",
        errors=tuple(
            FieldError(
                pointer="/files", rule=each.rule, vi=each.in_vietnamese, en=each.in_english, value=each.value
            )
            for each in refused.errors
        ),
    )


_UNITS, _PEOPLE, _VISITS, _ISSUES = FORMS
_HEADINGS: Final = {
    Part.UNIT: _UNITS.headings,
    Part.PERSON: _PEOPLE.headings,
    Part.VISIT: {**_VISITS.headings, "issues": _ISSUES.sheet},
}
