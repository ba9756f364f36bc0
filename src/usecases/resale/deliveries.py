"""What a delivery must name for resale."""

from core.shared.ids import TenantId
from ports.events import Delivery


def tenant_of(delivery: Delivery) -> TenantId:
    """Return the tenant; raises ValueError for none, since every listing and transfer belongs to an organisation."""
    if delivery.tenant_id is None:
        raise ValueError(f"The event {delivery.event_id} names no tenant, so it cannot be about a pass.")
    return TenantId(delivery.tenant_id)
