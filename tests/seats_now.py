"""Seats as they stand now, for tests that look past all of our code."""

SEATS_NOW = """
(select s.*, coalesce(t.status, 'AVAILABLE') as status, t.reservation_id, t.held_until, t.block_reason
   from seats s left join seat_states t on t.tenant_id = s.tenant_id and t.plan_id = s.plan_id and t.seat_id = s.id)
"""
"""What each seat is, and whose; to be read from, by a name of the reader's."""
