"""What a service's role in the database may do: rows, table by table. The tables belong to another role.

`<service>_owner` makes and changes tables (`field-visits migrate`); `<service>` reads and writes rows. The
rights are given anew with every migration, so that a table that was forgotten here has the common ones.
"""

from sqlalchemy import text as sql
from sqlalchemy.ext.asyncio import AsyncConnection

OWNER = "_owner"
"""The owner of a service's tables is called like the service, with this at the end."""

COMMON = "SELECT, INSERT, UPDATE, DELETE"
RIGHTS = {
    # What was once written stays as it was written.
    "audit": "SELECT, INSERT",
    "outbox": "SELECT, INSERT, UPDATE (payload)",  # erasure empties texts, and moves or drops nothing
    "inbox": "SELECT, INSERT",
    "unit_version": "SELECT, INSERT",
    "succession": "SELECT, INSERT",
    "duty_due": "SELECT, INSERT",
    "duty_past": "SELECT, INSERT",
    "verdict": "SELECT, INSERT, UPDATE (reason, reply_summary)",
    "remark": "SELECT, INSERT, UPDATE (words)",  # erasure empties the words, and unsays nothing
    "commendation": "SELECT, INSERT, UPDATE (revoked_at, revoked_by, revocation)",
    "good_practice": "SELECT, INSERT, UPDATE (title, body, folded)",  # erasure empties the texts of a version
    "register_import": "SELECT, INSERT, UPDATE (undone_by, undone_at)",
    "register_change": "SELECT, INSERT, UPDATE (previous)",  # what may no longer be undone is forgotten
    # A view; what stands behind it has rights of its own.
    "standing_visit": "SELECT",
    # One row, made by a migration.
    "audit_head": "SELECT, UPDATE",
    "outbox_head": "SELECT, UPDATE",
    "outbox_relay": "SELECT, UPDATE",
    # Whoever could write here could make a service start on the wrong schema.
    "alembic_version": "SELECT",
}

_RELATIONS = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') AND relowner = current_user::regrole
ORDER BY relname
"""


async def give_rights(connection: AsyncConnection, role: str) -> None:
    """Give `role` its rights on every table and view of the connected owner, and take any other away."""
    for table in (await connection.execute(sql(_RELATIONS))).scalars():
        rights = RIGHTS.get(table, COMMON)
        await connection.execute(sql(f'REVOKE ALL ON "{table}" FROM "{role}"'))
        await connection.execute(sql(f'GRANT {rights} ON "{table}" TO "{role}"'))
