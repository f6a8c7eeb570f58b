"""HL7 v2 messages are remembered in the listener's own queue, with what they led to: the table here was never written."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Drop the table, and its index with it."""
    op.drop_table("seen_message")
