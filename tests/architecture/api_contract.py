"""The HTTP API as it was agreed: what clients may rely on today, and what is still to come, each with its reason."""

BASE = "/api/v1"


def _operations(text: str, *, base: str = BASE) -> frozenset[tuple[str, str]]:
    """Read lines of `METHOD[|METHOD] /path` into pairs of method and path."""
    return frozenset(
        (method, base + path)
        for methods, path in (line.split() for line in text.strip().splitlines())
        for method in methods.split("|")
    )


IMPLEMENTED: frozenset[tuple[str, str]] = _operations(
    """
    POST                /auth/register
    POST                /auth/login
    POST                /auth/refresh
    POST                /auth/logout
    POST                /auth/token
    POST                /auth/guest
    GET                 /auth/me
    POST                /auth/verify-email
    POST                /auth/verify-email/resend
    POST                /auth/password/forgot
    POST                /auth/password/reset
    POST                /auth/password/change
    POST                /auth/totp
    POST                /auth/totp/confirm
    POST                /auth/totp/remove
    GET                 /auth/sessions
    DELETE              /auth/sessions/{id}
    GET|PUT             /organisations/{id}/sign-in-rules
    GET|POST            /organisations
    POST                /organisations/{id}/members
    GET|POST            /organisations/{id}/api-keys
    DELETE              /organisations/{id}/api-keys/{keyId}
    GET|PUT             /organisations/{id}/settings
    GET|PUT             /organisations/{id}/order-fees
    GET                 /organisations/{id}/order-fees/history
    GET|PUT             /organisations/{id}/refund-policy
    POST                /resale/validate
    POST                /resale/validate/batch
    GET                 /resale/rulebook
    GET                 /resale/keys
    GET|POST            /resale/evaluations
    GET                 /resale/evaluations/{id}
    GET                 /resale/evaluations/{id}/findings
    POST                /resale/evaluations/{id}/cancel
    GET                 /resale/receipts/{id}
    GET|POST            /venues
    GET|PATCH|DELETE    /venues/{id}
    GET|PUT             /venues/{id}/settings
    GET|POST            /venues/{id}/sections
    PATCH|DELETE        /venues/{id}/sections/{sectionId}
    GET|PUT|DELETE      /organisations/{id}/resale-policy
    GET                 /organisations/{id}/resale-policy/history
    GET|PUT|DELETE      /venues/{id}/resale-policy
    GET                 /venues/{id}/resale-policy/history
    GET|PUT             /venues/{id}/resale-facts
    GET                 /venues/{id}/resale-facts/history
    GET|PUT|DELETE      /tickets/{id}/resale-policy
    GET                 /tickets/{id}/resale-policy/history
    GET                 /tickets/{id}/resale-policy/effective
    GET|PUT             /tickets/{id}/resale-facts
    GET                 /tickets/{id}/resale-facts/history
    GET|POST            /seller-verifications
    GET                 /seller-verifications/me
    PATCH               /seller-verifications/{id}
    GET|POST            /resale/blocks
    DELETE              /resale/blocks/{id}
    GET                 /resale/sellers/{accountId}/score
    GET                 /passes/{id}/history
    POST                /passes/{id}/transfers
    GET                 /transfers
    GET|DELETE          /transfers/{id}
    POST                /transfers/{id}/accept
    POST                /transfers/{id}/decline
    GET|POST            /tickets
    GET|PATCH           /tickets/{id}
    POST                /tickets/{id}/publish
    POST                /tickets/{id}/reservations
    GET|DELETE          /tickets/{id}/reservations/{reservationId}
    POST                /tickets/{id}/reservations/{reservationId}/extend
    POST                /seating-plans
    GET                 /seating-plans/{id}
    PUT                 /seating-plans/{id}/price-tiers
    PUT                 /seating-plans/{id}/source
    GET                 /seating-plans/{id}/export
    POST                /seating-plans/{id}/validate
    POST                /seating-plans/{id}/activate
    POST                /seating-plans/{id}/deactivate
    GET                 /seating-plans/{id}/seats
    GET                 /seating-plans/{id}/events
    POST                /seating-plans/{id}/seats/block
    POST                /seating-plans/{id}/seats/unblock
    POST                /seating-plans/{id}/allotments
    GET                 /seating-plans/{id}/allotments
    PATCH               /seating-plans/{id}/allotments/{allotmentId}
    DELETE              /seating-plans/{id}/allotments/{allotmentId}
    GET                 /seating-plans/{id}/seats/{seatId}/audit
    PUT                 /seating-plans/{id}/accessible-release
    POST                /seating-plans/{id}/holds
    GET|DELETE          /holds/{reservationId}
    POST                /holds/{reservationId}/extend
    GET|POST            /orders
    GET                 /orders/{id}
    POST                /orders/quote
    POST                /orders/{id}/cancel
    POST                /orders/{id}/payments
    GET|POST            /orders/{id}/refunds
    GET                 /orders/{id}/refunds/preview
    POST                /orders/{id}/refunds/{refundId}/retry
    GET                 /orders/{id}/passes
    GET|POST            /vouchers
    GET|PATCH|DELETE    /vouchers/{id}
    GET|POST            /box-office/orders
    GET                 /orders/refunds
    GET                 /payments/{id}
    POST                /venues/{id}/stripe/connect
    GET                 /venues/{id}/stripe/status
    GET                 /venues/{id}/stripe/payouts
    GET                 /venues/{id}/stripe/return
    GET                 /venues/{id}/stripe/refresh
    GET                 /payments/refunds
    POST                /payments/refunds/{id}/retry
    GET                 /payouts
    GET                 /payouts/{id}
    POST                /payouts/{id}/settle
    POST                /payouts/{id}/retry
    GET|POST            /sellers/payout-account
    GET                 /sellers/payout-account/return
    GET                 /sellers/payout-account/refresh
    GET                 /disputes
    GET                 /disputes/{id}
    GET|POST            /disputes/{id}/evidence
    GET                 /passes
    GET                 /passes/{id}
    GET                 /passes/{id}/code.svg
    GET|POST            /listings
    GET|DELETE          /listings/{id}
    POST                /listings/{id}/purchase
    DELETE              /purchases/{id}
    POST                /passes/{id}/return
    POST|GET            /tickets/{id}/waiting-list
    GET|DELETE          /tickets/{id}/waiting-list/me
    GET                 /waiting-list/offers
    POST                /waiting-list/offers/{id}/accept
    POST                /waiting-list/offers/{id}/decline
    GET                 /tickets/{id}/scan-manifest
    POST                /scans
    POST                /scans/batch
    GET|POST            /venues/{id}/content
    GET|PATCH|DELETE    /content/{id}
    POST                /content/{id}/publish
    POST                /content/{id}/archive
    GET                 /content/{id}/editions
    GET|POST            /venues/{id}/media
    GET                 /venues/{id}/views
    GET|DELETE          /media/{id}
    GET                 /media/{id}/file
    GET|POST            /venues/{id}/reviews
    GET                 /venues/{id}/ratings
    GET|PATCH|DELETE    /reviews/{id}
    POST|DELETE         /reviews/{id}/helpful
    POST                /reviews/{id}/report
    GET                 /reviews/{id}/reports
    GET|PATCH           /users/me/profile
    GET|PUT             /users/me/preferences
    GET|PUT             /users/me/billing-address
    GET                 /users/me/export
    DELETE              /users/me
    POST                /webhooks/stripe
    POST                /webhooks/stripe/connect
    GET                 /webhooks
    POST                /webhooks/{id}/replay
    GET|POST            /venues/{id}/operations
    POST                /venues/{id}/plan-documents
    GET                 /operations/{id}
    GET                 /operations/{id}/log
    GET                 /operations/{id}/events
    POST                /operations/{id}/resume
    POST                /operations/{id}/cancel
    """
) | _operations(
    """
    GET     /.well-known/jwks.json
    GET     /health/live
    GET     /health/ready
    GET     /metrics
    """,
    base="",
)

PLANNED: dict[tuple[str, str], str] = {}
