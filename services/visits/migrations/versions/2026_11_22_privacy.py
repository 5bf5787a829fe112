"""Erased visits, what was handed over to its own procedure, terms, and how long texts are kept."""

from alembic import op

from shared.walls import by_committee

revision = "v0004"
down_revision = "v0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create tables and columns with the defaults of an installation; before the code that needs them."""
    for statement in STATEMENTS:
        op.execute(statement)


STATEMENTS = (
    # Since when a visit is a tombstone: ids, dates, kinds and counts stay, texts are gone.
    "ALTER TABLE visit ADD COLUMN erased_at timestamptz",
    "CREATE INDEX visit_with_text ON visit (committee_id, day) WHERE erased_at IS NULL",
    # A complaint, a denunciation or a classified matter: its number and where it went, no word of it.
    """
    CREATE TABLE transfer (
        transfer_id      uuid PRIMARY KEY,
        committee_id     uuid NOT NULL,
        kind             text NOT NULL CHECK (kind IN ('complaint', 'denunciation', 'classified')),
        register_number  text NOT NULL,
        receiving_office text NOT NULL,
        visit_id         uuid,
        transferred_on   date NOT NULL,
        recorded_by      uuid NOT NULL,
        recorded_at      timestamptz NOT NULL
    )
    """,
    "CREATE INDEX transfer_by_committee ON transfer (committee_id, transferred_on DESC, transfer_id DESC)",
    # The terms of a committee; without a committee, those of the installation. A visit belongs to a term by its day.
    """
    CREATE TABLE term (
        term_id        uuid PRIMARY KEY,
        committee_id   uuid,
        first_day      date NOT NULL,
        last_day       date NOT NULL CHECK (last_day >= first_day),
        basis_document text NOT NULL,
        recorded_by    uuid,
        recorded_at    timestamptz
    )
    """,
    """
    INSERT INTO term (term_id, first_day, last_day, basis_document) VALUES
    ('71d00000-0000-7000-8000-000000000001', '2010-01-01', '2015-12-31', 'Nhiệm kỳ 2010-2015 (mặc định)'),
    ('71d00000-0000-7000-8000-000000000002', '2016-01-01', '2020-12-31', 'Nhiệm kỳ 2015-2020 (mặc định)'),
    ('71d00000-0000-7000-8000-000000000003', '2021-01-01', '2025-12-31', 'Nhiệm kỳ 2020-2025 (mặc định)'),
    ('71d00000-0000-7000-8000-000000000004', '2026-01-01', '2030-12-31', 'Nhiệm kỳ 2025-2030 (mặc định)')
    """,
    # Dated decisions on how long texts stay after the end of the term.
    """
    CREATE TABLE retention_policy (
        policy_id    uuid PRIMARY KEY,
        committee_id uuid,
        days         int NOT NULL CHECK (days BETWEEN 1 AND 36600),
        citation     text NOT NULL,
        valid_from   date,
        decided_by   uuid,
        recorded_at  timestamptz
    )
    """,
    """
    INSERT INTO retention_policy (policy_id, days, citation) VALUES
    ('71d00000-0000-7000-8000-0000000000f1', 365,
     'Mặc định: hết nhiệm kỳ + 1 năm; Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15: không lưu lâu hơn mục đích')
    """,
    *by_committee("transfer"),
    *by_committee("term", shared=True),
    *by_committee("retention_policy", shared=True),
)
