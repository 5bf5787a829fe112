"""The second wall: row-level security, so that a forgotten condition shows nothing of another committee.

A connection of a service's own loops says `fv.service = on` for as long as it lives and sees every row. A
connection of a request says nothing; its transaction names the committee with `set_config(…, true)`, which
ends with the transaction. Nobody named, no rows. FORCE binds the owner of the tables too.

Migrations build their walls here; a wall that stands is changed by a new migration only.
"""

from collections.abc import Iterator

SERVICE = "fv.service"
COMMITTEE = "fv.committee_id"
ENTER = f"SELECT set_config('{COMMITTEE}', :committee_id, true)"
"""Said once by the transaction of a request, before anything else."""

# As a SELECT each is worked out once for a query and not again for every row.
_OF_SERVICE = f"(SELECT coalesce(current_setting('{SERVICE}', true), 'off')::bool)"
_MINE = f"(SELECT nullif(current_setting('{COMMITTEE}', true), '')::uuid)"


def by_committee(table: str, *, shared: bool = False) -> Iterator[str]:
    """A table with `committee_id`; `shared`: rows of no committee are everybody's to read."""
    own = f"committee_id = {_MINE}"
    yield from _closed(table)
    yield f"CREATE POLICY committee ON {table} USING ({_OF_SERVICE} OR {own})"
    if shared:
        yield f"CREATE POLICY shared ON {table} FOR SELECT USING (committee_id IS NULL)"


def by_parent(table: str, key: str, parent: str, parent_key: str | None = None) -> Iterator[str]:
    """A table whose rows are seen with the row they belong to, which has a wall of its own."""
    above = f"SELECT FROM {parent} AS above WHERE above.{parent_key or key} = {table}.{key}"
    yield from _closed(table)
    yield f"CREATE POLICY committee ON {table} USING ({_OF_SERVICE} OR EXISTS ({above}))"


def by_service(table: str, *, anybody_adds: bool = False) -> Iterator[str]:
    """A table that only the service's own loops read; requests may add to it, if so said."""
    yield from _closed(table)
    yield f"CREATE POLICY service ON {table} USING ({_OF_SERVICE})"
    if anybody_adds:
        yield f"CREATE POLICY adding ON {table} FOR INSERT WITH CHECK (true)"


def _closed(table: str) -> Iterator[str]:
    yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
