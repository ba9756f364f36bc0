"""Identifiers: UUIDs (version 7 where Fairseat makes them), one type a thing."""

from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
"""The organisation whose data it is; also the organisation's own id."""

AccountId = NewType("AccountId", UUID)
DataRequestId = NewType("DataRequestId", UUID)
ApiKeyId = NewType("ApiKeyId", UUID)
VenueId = NewType("VenueId", UUID)
VenueSectionId = NewType("VenueSectionId", UUID)
PageId = NewType("PageId", UUID)
MediaId = NewType("MediaId", UUID)
TicketId = NewType("TicketId", UUID)
PlanId = NewType("PlanId", UUID)
SectionId = NewType("SectionId", UUID)
AllotmentId = NewType("AllotmentId", UUID)
PriceTierId = NewType("PriceTierId", UUID)
SeatId = NewType("SeatId", UUID)
ReservationId = NewType("ReservationId", UUID)
"""Made by the caller; the same id with the same seats is the same hold."""

OrderId = NewType("OrderId", UUID)
OrderItemId = NewType("OrderItemId", UUID)
VoucherId = NewType("VoucherId", UUID)
PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
DisputeId = NewType("DisputeId", UUID)
PassId = NewType("PassId", UUID)
ScanId = NewType("ScanId", UUID)
"""Made by whoever scans; the same id with the same code is the same scan."""

EventId = NewType("EventId", UUID)
"""The id of a domain event (a message), never of a concert."""

ReviewId = NewType("ReviewId", UUID)
ListingId = NewType("ListingId", UUID)
TransferId = NewType("TransferId", UUID)
VerdictId = NewType("VerdictId", UUID)
"""The id of an answer about a resale, and of the receipt for it."""

VerificationId = NewType("VerificationId", UUID)
PayoutId = NewType("PayoutId", UUID)
ResaleBlockId = NewType("ResaleBlockId", UUID)
EvaluationId = NewType("EvaluationId", UUID)
WaitingEntryId = NewType("WaitingEntryId", UUID)
WaitingOfferId = NewType("WaitingOfferId", UUID)
PlanDocumentId = NewType("PlanDocumentId", UUID)
OperationId = NewType("OperationId", UUID)
"""The id of a long operation on a venue."""
