import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hat_clinic.store.engine import reading
from hat_clinic.store.schema import metadata
from hat_clinic.store.migrate import require_current
def test_x(engine):
    require_current(engine)
    with reading(engine) as c:
        d=compare_metadata(MigrationContext.configure(c,opts={"compare_type":True}),metadata)
        assert d==[]
