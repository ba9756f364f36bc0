"""Moments as clients send them: in UTC, or refused with the member that holds them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from adapters.http.moments import moment, moment_or_none
from core.shared.errors import InvalidInputError


def test_a_moment_is_the_same_one_in_utc() -> None:
    given = datetime(2030, 1, 1, 10, tzinfo=timezone(timedelta(hours=2)))
    assert moment(given, "/at") == moment_or_none(given, "/at") == datetime(2030, 1, 1, 8, tzinfo=UTC)
    assert moment_or_none(None, "/at") is None


@pytest.mark.parametrize(("year", "hours"), [(9999, -1), (1, 1)])
def test_the_years_of_utc_end_where_a_datetime_does(year: int, hours: int) -> None:
    edge = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) if year == 9999 else datetime(1, 1, 1, tzinfo=UTC)
    assert moment(edge, "/at") == edge
    with pytest.raises(InvalidInputError) as refused:
        moment(edge.replace(tzinfo=timezone(timedelta(hours=hours))), "/at")
    assert [each.pointer for each in refused.value.problems] == ["/at"]
    with pytest.raises(InvalidInputError, match="offset"):
        moment(edge.replace(tzinfo=None), "/at")
