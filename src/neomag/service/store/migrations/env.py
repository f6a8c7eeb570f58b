"""Run by Alembic: the migrations, in the transaction of the connection that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from neomag.service.store.migrate import VERSIONS
from neomag.service.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSIONS,
    transactional_ddl=True,
)
context.run_migrations()
