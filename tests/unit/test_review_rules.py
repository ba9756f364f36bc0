"""What may become of a review, by the rules alone."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from uuid_utils.compat import uuid7

from core.reviews.errors import (
    InvalidReviewError,
    NotReviewAuthorError,
    OwnReviewError,
    ReviewEditsSpentError,
    ReviewSectionError,
    ReviewStatusError,
)
from core.reviews.looking import words_of
from core.reviews.opinion import BODY_LENGTH_MAX, TITLE_LENGTH_MAX
from core.reviews.ratings import COUNT_MAX, MarkTally, Tally, changes_ratings, recounted, rests_until
from core.reviews.review import EDITS_MAX, VERDICTS, Review, ReviewStatus
from core.shared.ids import AccountId
from tests.reviews_builders import AFTER, BEFORE, LATER, NOON, SIGHT, SOUND, STAFF, a_review, an_opinion, hidden

PENDING, PUBLISHED, REJECTED, HIDDEN, WITHDRAWN = ReviewStatus


def standing(status: ReviewStatus) -> Review:
    return replace(a_review(), status=status, opinion=None if status is WITHDRAWN else an_opinion())


def test_reviews_are_seen_at_once_only_where_they_are_judged_afterwards() -> None:
    assert (a_review(terms=BEFORE).status, a_review(terms=AFTER).status) == (PENDING, PUBLISHED)


@pytest.mark.parametrize(("before", "verdict"), list(product(ReviewStatus, ReviewStatus)))
def test_verdicts_are_those_of_the_table_and_each_is_kept_with_who_when_and_why(
    before: ReviewStatus, verdict: ReviewStatus
) -> None:
    review = replace(standing(before), reports=2)
    if verdict not in VERDICTS[before]:
        with pytest.raises(ReviewStatusError):
            review.judged(verdict, reason="why", by=STAFF, now=LATER)
        return
    judged = review.judged(verdict, reason="why", by=STAFF, now=LATER)
    [kept] = judged.history
    assert (judged.status, kept.status, kept.by, kept.at, kept.reason) == (verdict, verdict, STAFF, LATER, "why")
    assert (judged.reports, judged.report_round, judged.version) == (0, review.report_round + 1, review.version + 1)


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        (PENDING, PENDING, PENDING),
        (PUBLISHED, PENDING, PUBLISHED),
        (REJECTED, PENDING, PENDING),
        (HIDDEN, PENDING, PENDING),
    ],
)
def test_what_is_changed_is_judged_again_unless_it_was_seen_and_is_judged_afterwards(
    status: ReviewStatus, before: ReviewStatus, after: ReviewStatus
) -> None:
    for terms, then in ((BEFORE, before), (AFTER, after)):
        edited = standing(status).edited(an_opinion(1), section=None, terms=terms, now=LATER)
        assert (edited.status, edited.opinion, edited.updated_at) == (then, an_opinion(1), LATER)
        assert (edited.version, edited.revision) == (2, 2)


def test_a_withdrawn_review_has_no_text_and_is_changed_only_by_writing_it_again() -> None:
    review = hidden(a_review()).replied("Why?", by=STAFF, now=LATER)
    gone = review.withdrawn(now=LATER)
    assert (gone.opinion, gone.reply, gone.history) == (None, None, review.history)
    assert gone.withdrawn(now=LATER) is gone
    with pytest.raises(ReviewStatusError):
        gone.edited(an_opinion(), section=None, terms=AFTER, now=LATER)
    with pytest.raises(ReviewStatusError):
        gone.replied("Hello", by=STAFF, now=LATER)
    with pytest.raises(ReviewStatusError):
        review.written_again(an_opinion(), visit=review.visit, terms=AFTER, now=LATER)


def test_withdrawing_is_no_way_round_a_verdict() -> None:
    blameless, blamed = (each.withdrawn(now=LATER) for each in (a_review(), hidden(a_review())))
    for terms, review, status in (
        (AFTER, blameless, PUBLISHED),
        (AFTER, blamed, PENDING),
        (BEFORE, blameless, PENDING),
    ):
        again = review.written_again(an_opinion(), visit=review.visit, terms=terms, now=LATER)
        assert (again.status, again.id) == (status, review.id)


def test_a_review_is_changed_so_many_times_and_no_more() -> None:
    review = replace(a_review(), edits=EDITS_MAX - 1)
    last = review.edited(an_opinion(1), section=None, terms=AFTER, now=LATER)
    with pytest.raises(ReviewEditsSpentError):
        last.edited(an_opinion(2), section=None, terms=AFTER, now=LATER)


def test_as_many_open_reports_as_the_terms_say_hide_what_is_published_and_nothing_else() -> None:
    for status in ReviewStatus:
        for reports, hides in ((2, False), (3, status is PUBLISHED)):
            counted = standing(status).counted(helpful=1, reports=reports, terms=AFTER, now=LATER)
            assert (counted.status, counted.version) == ((HIDDEN, 2) if hides else (status, 1))
            assert [each.by for each in counted.history] == [None] * hides
            assert (counted.helpful, counted.reports, counted.revision) == (1, reports, 2)


def test_a_section_is_one_in_which_the_writer_had_a_pass() -> None:
    review = replace(a_review(), visit=replace(a_review().visit, sections=("A", "B")))
    moved = review.edited(an_opinion(), section="B", terms=AFTER, now=LATER)
    assert (moved.visit.section, moved.visit.row, moved.visit.number) == ("B", None, None)
    stayed = review.edited(an_opinion(), section="A", terms=AFTER, now=LATER)
    assert stayed.visit == review.visit
    with pytest.raises(ReviewSectionError):
        review.edited(an_opinion(), section="C", terms=AFTER, now=LATER)


def test_ones_own_and_others_reviews_are_told_apart() -> None:
    review = a_review()
    other = AccountId(uuid7())
    review.must_be_of(review.account_id)
    review.must_not_be_of(other)
    with pytest.raises(NotReviewAuthorError):
        review.must_be_of(other)
    with pytest.raises(OwnReviewError):
        review.must_not_be_of(review.account_id)


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({"overall": 0}, ["/overall"]),
        ({"overall": 6, "categories": {SOUND: 0}}, ["/overall", "/categories/sound"]),
        ({"title": "x" * (TITLE_LENGTH_MAX + 1), "body": "x" * (BODY_LENGTH_MAX + 1)}, ["/title", "/body"]),
        ({"title": "a\tb", "body": "\x00", "language": "english"}, ["/title", "/body", "/language"]),
        ({"language": "xx-YY"}, ["/language"]),
    ],
)
def test_every_fault_of_an_opinion_is_named(changes: dict[str, object], pointers: list[str]) -> None:
    with pytest.raises(InvalidReviewError) as refused:
        an_opinion(**changes)  # type: ignore[arg-type]  # by name
    assert [each.pointer for each in refused.value.problems] == pointers


def test_an_opinion_at_its_bounds_is_kept_tidied() -> None:
    said = an_opinion(5, title=" x" * 60, body="a\r\nb\rc\t<b>\n", language="zh-Hant-TW")
    assert (said.title, said.body) == ((" x" * 60).strip(), "a\nb\nc\t<b>")
    assert (said.language, an_opinion(language="pt-br").language) == ("zh-Hant-TW", "pt-BR")
    an_opinion(1, title="x" * TITLE_LENGTH_MAX, body="x" * BODY_LENGTH_MAX, categories={})


def test_words_have_no_case_no_accents_and_no_marks() -> None:
    assert words_of("Große BÜHNE, große_Bühne! -4th") == ("grosse", "buhne", "4th")
    assert words_of("!?") == ()


def test_ratings_are_sums_of_what_is_published() -> None:
    review = a_review(5, section="B", categories={SOUND: 3})
    other = a_review(2, venue_id=review.venue_id, section=None, categories={SIGHT: 1, SOUND: 4})
    ratings = recounted(review.venue_id, [review, other, a_review(), hidden(review)], now=NOON)
    assert ratings.whole == Tally(MarkTally(2, 7), (0, 1, 0, 0, 1), {SIGHT: MarkTally(1, 1), SOUND: MarkTally(2, 7)})
    assert set(ratings.sections) == {"B", None}
    assert Tally().overall.mean is None


@pytest.mark.parametrize(
    ("took_s", "rests_s"),
    [(-3600, 1), (0, 1), (0.05, 1), (0.051, 1.02), (3, 60), (240, 4800), (240.001, 4800), (86_400, 4800)],
)
def test_a_venue_rests_for_twenty_times_its_count_within_bounds_whatever_the_clock_does(
    took_s: float, rests_s: float
) -> None:
    assert COUNT_MAX.total_seconds() == 240
    assert rests_until(NOON, timedelta(seconds=took_s)) == NOON + timedelta(seconds=rests_s)


def test_only_changes_of_what_is_published_change_ratings() -> None:
    published, pending = a_review(), a_review(terms=BEFORE)
    moved = replace(published, visit=replace(published.visit, section="B"))
    assert changes_ratings(None, published) and not changes_ratings(None, pending)
    assert changes_ratings(published, hidden(published)) and changes_ratings(hidden(published), published)
    assert changes_ratings(published, moved) and not changes_ratings(published, replace(published, helpful=3))
    assert not changes_ratings(replace(pending, visit=moved.visit), pending)
