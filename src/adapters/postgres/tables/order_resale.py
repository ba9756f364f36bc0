"""The tables of order_db about admissions that others have by now."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    Uuid,
)


def resale_tables(metadata: MetaData) -> None:
    """Add them to the metadata."""
    passed_on = Table(
        "passed_on_units",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("order_item_id", Uuid, nullable=False),
        Column("unit", Integer, nullable=False),
        Column("order_id", Uuid, nullable=False),
        Column("to_order_id", Uuid, nullable=False),
        Column("to_item_id", Uuid, nullable=False),
        Column("root_order_id", Uuid, nullable=False),
        Column("root_item_id", Uuid, nullable=False),
        Column("root_unit", Integer, nullable=False),
        Column("passed_on_at", DateTime(timezone=True), nullable=False),
        Column("reissued_at", DateTime(timezone=True)),
        Column("returned_at", DateTime(timezone=True)),
        PrimaryKeyConstraint("tenant_id", "order_item_id", "unit", name="passed_on_units_pkey"),
        UniqueConstraint("tenant_id", "to_item_id", name="passed_on_units_to_item"),
        ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="passed_on_units_order"
        ),
        ForeignKeyConstraint(
            ["tenant_id", "to_order_id"], ["orders.tenant_id", "orders.id"], name="passed_on_units_to_order_fk"
        ),
        CheckConstraint("unit >= 1 and root_unit >= 1", name="passed_on_units_unit"),
        CheckConstraint("order_id <> to_order_id", name="passed_on_units_another"),
    )
    Index("passed_on_units_of_order", passed_on.c.tenant_id, passed_on.c.order_id)
    Index("passed_on_units_to_order", passed_on.c.tenant_id, passed_on.c.to_order_id)
    Index("passed_on_units_of_root", passed_on.c.tenant_id, passed_on.c.root_item_id)
    handed_over = Table(
        "handed_over_units",
        metadata,
        Column("tenant_id", Uuid, nullable=False),
        Column("order_item_id", Uuid, nullable=False),
        Column("unit", Integer, nullable=False),
        Column("order_id", Uuid, nullable=False),
        Column("account_id", Uuid, nullable=False),
        Column("revision", Integer, nullable=False),
        PrimaryKeyConstraint("tenant_id", "order_item_id", "unit", name="handed_over_units_pkey"),
        ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name="handed_over_units_order"
        ),
        CheckConstraint("unit >= 1", name="handed_over_units_unit"),
    )
    Index("handed_over_units_of_order", handed_over.c.tenant_id, handed_over.c.order_id)
