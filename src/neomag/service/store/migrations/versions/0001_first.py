"""The first tables, and the triggers that keep the audit trail from being changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_GENESIS = "0" * 64
# Records are kept as they were written; the trail is never shortened.
_REFUSED = {"audit": ("UPDATE", "DELETE"), "assessment": ("UPDATE",), "feedback": ("UPDATE",)}


def _text(name: str, length: int | None = None, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length) if length else sa.Text(), nullable=null, primary_key=key)


def upgrade() -> None:
    """Make them."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "assessment",
        _text("id", 32, key=True), _text("at", 27), _text("client", 200), _text("case"), _text("answer"),
        _text("knowledge", 40), _text("knowledge_digest", 64), _text("salt", 32),
    )  # fmt: skip
    op.create_table(
        "feedback",
        _text("id", 32, key=True), _text("at", 27), _text("client", 200), _text("service", 100), _text("card", 100),
        _text("outcome", 10), _text("outcome_at", 40, null=True), _text("reason", 200, null=True),
        _text("reason_system", 200, null=True), _text("comment", null=True), _text("suggestions"), _text("salt", 32),
    )  # fmt: skip
    op.create_table(
        "idempotency",
        _text("client", 200, key=True), _text("idempotency_key", 255, key=True), _text("request", 64),
        sa.Column("status", sa.Integer(), nullable=False), _text("reply"), _text("at", 27),
    )  # fmt: skip
    op.create_table(
        "seen_message",
        _text("sender", 200, key=True), _text("control_id", 199, key=True), _text("request", 64), _text("reply"),
        _text("at", 27),
    )  # fmt: skip
    op.create_table(
        "used_token",
        _text("issuer", 400, key=True), _text("jti", 255, key=True), sa.Column("expires", sa.BigInteger(), nullable=False),
    )  # fmt: skip
    op.create_table(
        "api_key",
        _text("id", 16, key=True), _text("hash", 64), _text("client", 200), _text("scopes", 400), _text("made", 27),
        _text("expires", 27, null=True), _text("revoked", 27, null=True), _text("used", 27, null=True),
    )  # fmt: skip
    op.create_table(
        "audit",
        sa.Column("sequence", number, primary_key=True, autoincrement=False),
        _text("at", 27), _text("actor", 200), _text("action", 60), _text("subject", 128), _text("record", 64, null=True),
        _text("detail", 400), _text("previous", 64), _text("hash", 64),
    )  # fmt: skip
    head = op.create_table(
        "audit_head",
        sa.Column("one", sa.Integer(), sa.CheckConstraint("one = 1"), primary_key=True, autoincrement=False),
        sa.Column("sequence", number, nullable=False), _text("hash", 64),
    )  # fmt: skip
    op.bulk_insert(head, [{"one": 1, "sequence": 0, "hash": _GENESIS}])
    for table, column in (
        ("assessment", "at"), ("feedback", "at"), ("feedback", "card"), ("idempotency", "at"), ("seen_message", "at"),
        ("used_token", "expires"), ("audit", "action"), ("audit", "subject"),
    ):  # fmt: skip
        op.create_index(f"ix_{table}_{column}", table, [column])
    (_sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql)()


def _sqlite() -> None:
    for table, verbs in _REFUSED.items():
        for verb in verbs:
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, '{table}: {verb} is refused'); END"
            )
    # Also stops REPLACE, which deletes without the trigger above.
    op.execute(f"""
        CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
        WHEN new.sequence <> coalesce((SELECT max(sequence) FROM audit), 0) + 1
          OR new.previous <> coalesce((SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1), '{_GENESIS}')
        BEGIN SELECT RAISE(ABORT, 'audit: the entry does not follow the last one'); END
    """)


def _postgresql() -> None:
    op.execute("""
        CREATE FUNCTION neomag_refused() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '%: % is refused', TG_TABLE_NAME, TG_OP; END $$
    """)
    for table, verbs in _REFUSED.items():
        op.execute(
            f"CREATE TRIGGER {table}_refused BEFORE {' OR '.join(verbs)} ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION neomag_refused()"
        )
    op.execute("CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION neomag_refused()")
    op.execute(f"""
        CREATE FUNCTION neomag_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF new.sequence <> coalesce((SELECT max(sequence) FROM audit), 0) + 1
             OR new.previous <> coalesce((SELECT hash FROM audit ORDER BY sequence DESC LIMIT 1), '{_GENESIS}')
          THEN RAISE EXCEPTION 'audit: the entry does not follow the last one';
          END IF;
          RETURN new;
        END $$
    """)
    op.execute("CREATE TRIGGER audit_in_order BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION neomag_in_order()")
