"""Rules of pages: bodies by kind, the way to publication, languages, and words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from core.content.bodies import (
    BODIES,
    AccessFeature,
    AccessibilityInfo,
    Amenities,
    Amenity,
    Body,
    Directions,
    Faq,
    FloorPlan,
    ParkingArea,
    ParkingInfo,
    Photo,
    Policies,
    Policy,
    Question,
    Route,
    Scene,
    SeatingChart,
    TravelMode,
    Video,
    VirtualTour,
)
from core.content.errors import InvalidPageError, PageKeptError, PageStepError
from core.content.kinds import PageKind
from core.content.languages import best_language, ranges_of
from core.content.page import LANGUAGES_MAX, TRANSITIONS, Page, PageChange, PageStatus, PageStep, Translation
from core.content.texts import words_asked, words_of
from core.shared.errors import InvalidInputError
from core.shared.ids import MediaId
from core.shared.languages import language_tag
from tests.content_builders import ANN, NOON, a_page, faq, published

MEDIA = MediaId(UUID(int=1))
OTHER_MEDIA = MediaId(UUID(int=2))

SOUND: Mapping[PageKind, Body] = {
    PageKind.FLOOR_PLAN: FloorPlan(MEDIA, level="Ground floor", text="Doors are\non the left."),
    PageKind.SEATING_CHART: SeatingChart(MEDIA),
    PageKind.PHOTO: Photo((MEDIA, OTHER_MEDIA), caption="The hall"),
    PageKind.VIDEO: Video(MEDIA, poster_id=OTHER_MEDIA, transcript="Welcome."),
    PageKind.VIRTUAL_TOUR: VirtualTour((Scene("Foyer", MEDIA),), link="https://tour.example/hall?x=1"),
    PageKind.AMENITIES: Amenities((Amenity("Bar", "Until midnight"), Amenity("Cloakroom"))),
    PageKind.DIRECTIONS: Directions((Route(TravelMode.WALKING, "From the station", 5), Route(TravelMode.CAR, "A 4"))),
    PageKind.PARKING_INFO: ParkingInfo(areas=(ParkingArea("P1", 120, 6, 205, "3 EUR an hour"),)),
    PageKind.ACCESSIBILITY_INFO: AccessibilityInfo(
        (AccessFeature.LIFT,), contact_email="access@hall.test", contact_phone="+49 361 555-0"
    ),
    PageKind.POLICIES: Policies((Policy("Bags", "None above A4."),)),
    PageKind.FAQ: faq(),
}


def of_kind(kind: PageKind, body: Body) -> Page:
    return a_page(kind=kind, translations={"en": Translation("Title", body)})


def test_every_kind_has_a_body_of_its_own() -> None:
    assert set(BODIES) == set(SOUND) == set(PageKind)
    assert len(set(BODIES.values())) == len(PageKind)


@pytest.mark.parametrize("kind", PageKind)
def test_a_page_of_each_kind_can_be_kept(kind: PageKind) -> None:
    page = of_kind(kind, SOUND[kind])
    assert (page.status, page.version, page.edited.translations["en"].body) == (PageStatus.DRAFT, 1, SOUND[kind])


@pytest.mark.parametrize("kind", PageKind)
def test_a_page_takes_no_body_of_another_kind(kind: PageKind) -> None:
    other = SOUND[PageKind.FAQ if kind is not PageKind.FAQ else PageKind.PHOTO]
    with pytest.raises(InvalidPageError) as refusal:
        of_kind(kind, other)
    assert [each.pointer for each in refusal.value.problems] == ["/translations/en/body"]


@pytest.mark.parametrize(
    ("kind", "body", "pointer"),
    [
        (PageKind.FLOOR_PLAN, FloorPlan(MEDIA, level="two\nlines"), "/level"),
        (PageKind.FLOOR_PLAN, FloorPlan(MEDIA, text="\x1b[2J"), "/text"),
        (PageKind.SEATING_CHART, SeatingChart(MEDIA, text=" "), "/text"),
        (PageKind.PHOTO, Photo(()), "/mediaIds"),
        (PageKind.PHOTO, Photo((MEDIA, MEDIA)), "/mediaIds"),
        (PageKind.PHOTO, Photo(tuple(MediaId(UUID(int=number)) for number in range(51))), "/mediaIds"),
        (PageKind.VIDEO, Video(MEDIA, transcript="x" * 20_001), "/transcript"),
        (PageKind.VIRTUAL_TOUR, VirtualTour(), ""),
        (PageKind.VIRTUAL_TOUR, VirtualTour(link="javascript:alert(1)"), "/link"),
        (PageKind.VIRTUAL_TOUR, VirtualTour(link="http://tour.example"), "/link"),
        (PageKind.VIRTUAL_TOUR, VirtualTour((Scene("", MEDIA),)), "/scenes/0/name"),
        (PageKind.AMENITIES, Amenities(()), "/amenities"),
        (PageKind.AMENITIES, Amenities((Amenity("Bar"), Amenity("\0"))), "/amenities/1/name"),
        (PageKind.DIRECTIONS, Directions((Route(TravelMode.CAR, "A"), Route(TravelMode.CAR, "B"))), "/routes"),
        (PageKind.DIRECTIONS, Directions((Route(TravelMode.CAR, "A", 1441),)), "/routes/0/minutes"),
        (PageKind.PARKING_INFO, ParkingInfo(), ""),
        (PageKind.PARKING_INFO, ParkingInfo(areas=(ParkingArea("P1", -1),)), "/areas/0/spaces"),
        (PageKind.ACCESSIBILITY_INFO, AccessibilityInfo(()), ""),
        (PageKind.ACCESSIBILITY_INFO, AccessibilityInfo((AccessFeature.LIFT, AccessFeature.LIFT)), "/features"),
        (PageKind.ACCESSIBILITY_INFO, AccessibilityInfo((), "Yes", contact_email="nobody"), "/contactEmail"),
        (PageKind.ACCESSIBILITY_INFO, AccessibilityInfo((), "Yes", contact_phone="call us"), "/contactPhone"),
        (PageKind.POLICIES, Policies((Policy("Bags", ""),)), "/policies/0/text"),
        (PageKind.FAQ, Faq(()), "/entries"),
        (PageKind.FAQ, Faq((Question("Why?", ""),)), "/entries/0/answer"),
        (PageKind.FAQ, Faq(tuple(Question("Why?", "So.") for _ in range(101))), "/entries"),
    ],
)
def test_a_fault_in_a_body_is_told_with_its_place(kind: PageKind, body: Body, pointer: str) -> None:
    with pytest.raises(InvalidPageError) as refusal:
        of_kind(kind, body)
    assert [each.pointer for each in refusal.value.problems] == [f"/translations/en/body{pointer}"]


def test_every_fault_is_told_and_not_only_the_first() -> None:
    translations = {"de": Translation("", faq("", "")), "fr": Translation("Questions", faq())}
    with pytest.raises(InvalidPageError) as refusal:
        a_page(translations=translations)
    assert [each.pointer for each in refusal.value.problems] == [
        "/defaultLanguage",
        "/translations/de/title",
        "/translations/de/body/entries/0/question",
        "/translations/de/body/entries/0/answer",
    ]


def test_a_page_has_so_many_languages_at_most() -> None:
    def with_languages(number: int) -> Page:
        tags = ["en", *(f"de-x-v{each}" for each in range(number - 1))]
        return a_page(translations={tag: Translation("Questions", faq()) for tag in tags})

    assert len(with_languages(LANGUAGES_MAX).edited.translations) == LANGUAGES_MAX
    with pytest.raises(InvalidPageError):
        with_languages(LANGUAGES_MAX + 1)


def test_the_machine_is_the_table_and_nothing_else() -> None:
    pages = {PageStatus.DRAFT: a_page(), PageStatus.PUBLISHED: published(a_page())}
    pages[PageStatus.ARCHIVED] = pages[PageStatus.PUBLISHED].archive(now=NOON)
    for status, step in product(PageStatus, PageStep):
        page = pages[status]

        def take(page: Page = page, step: PageStep = step) -> Page:
            return page.publish(by=ANN, now=NOON) if step is PageStep.PUBLISH else page.archive(now=NOON)

        if (wanted := TRANSITIONS.get((status, step))) is None:
            with pytest.raises(PageStepError):
                take()
        else:
            assert take().status is wanted
    assert set(TRANSITIONS.values()) == {PageStatus.PUBLISHED, PageStatus.ARCHIVED}


def test_a_publication_is_numbered_and_dated_and_shown() -> None:
    page = a_page()
    assert page.shown is None

    after = page.publish(by=ANN, now=NOON)

    shown = after.shown
    assert shown is not None and shown is after.published and after.draft is None
    assert (shown.number, shown.published_at, shown.published_by) == (1, NOON, ANN)
    assert (after.version, shown.translations) == (2, page.edited.translations)


def test_a_published_page_without_a_draft_stays_as_it_is() -> None:
    page = published(a_page())
    assert page.publish(by=ANN, now=NOON + timedelta(days=1)) is page


def test_a_change_makes_the_draft_of_the_next_edition_and_leaves_what_is_published() -> None:
    page = published(a_page())

    after = page.changed(PageChange(translations={"de": Translation(" Fragen ", faq())}), now=NOON)

    assert after.published == page.published and after.status is PageStatus.PUBLISHED
    assert after.draft is not None and after.draft.number == 2 and after.draft.published_at is None
    assert {tag: each.title for tag, each in after.draft.translations.items()} == {"en": "Questions", "de": "Fragen"}
    again = published(after)
    assert again.published is not None and (again.published.number, again.draft) == (2, None)


def test_a_language_is_taken_away_but_never_the_default_one() -> None:
    page = a_page(translations={tag: Translation("Questions", faq()) for tag in ("en", "de")})

    assert list(page.changed(PageChange(translations={"de": None}), now=NOON).edited.translations) == ["en"]
    with pytest.raises(InvalidPageError):
        page.changed(PageChange(translations={"en": None}), now=NOON)
    moved = page.changed(PageChange(default_language="de", translations={"en": None}), now=NOON)
    assert (moved.edited.default_language, list(moved.edited.translations)) == ("de", ["de"])


def test_an_archived_page_is_shown_again_as_it_was_or_with_its_draft() -> None:
    page = published(a_page()).archive(now=NOON)
    assert page.shown is None

    assert published(page).shown == page.published
    changed = page.changed(PageChange(translations={"en": Translation("New", faq())}), now=NOON)
    assert changed.status is PageStatus.ARCHIVED
    shown = published(changed).shown
    assert shown is not None and (shown.number, shown.translations["en"].title) == (2, "New")


def test_what_was_published_once_is_never_deleted() -> None:
    a_page().must_be_deletable()
    for page in (published(a_page()), published(a_page()).archive(now=NOON)):
        with pytest.raises(PageKeptError):
            page.must_be_deletable()


@pytest.mark.parametrize(
    ("text", "tag"),
    [("de", "de"), ("DE-at", "de-AT"), ("zh-hant-tw", "zh-Hant-TW"), ("en_GB", "en-GB"), ("sr-Latn", "sr-Latn")],
)
def test_a_language_tag_is_written_properly(text: str, tag: str) -> None:
    assert language_tag(text, pointer="/language") == tag


@pytest.mark.parametrize("text", ["", "e", "english", "xx-YY", "und", "de-", "de--AT", "d" * 36, "de\n", "*", "../de"])
def test_what_is_no_language_tag_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        language_tag(text, pointer="/language")
    assert refusal.value.problems[0].pointer == "/language"


@pytest.mark.parametrize(
    ("accept", "there", "best"),
    [
        (None, ["en", "de"], "en"),
        ("", ["en", "de"], "en"),
        ("de", ["en", "de"], "de"),
        ("DE-at", ["en", "de"], "de"),
        ("fr;q=0.2, de-CH;q=0.9", ["en", "de", "fr"], "de"),
        ("ja, de;q=0.1", ["en", "de"], "de"),
        ("ja", ["en", "de"], "en"),
        ("de;q=0, *", ["en", "de"], "en"),
        ("de;q=0", ["en", "de"], "en"),
        ("zh-TW", ["en", "zh-Hans", "zh-Hant"], "zh-Hant"),
        ("pt", ["en", "pt-BR"], "pt-BR"),
        ("de;q=x, en", ["en", "de"], "en"),
        (";;;,,=,q", ["en", "de"], "en"),
        ("de" * 5000, ["en", "de"], "en"),
        ("de-AT", ["en", "de-DE", "de-AT"], "de-AT"),
    ],
)
def test_the_reader_gets_the_language_they_like_best_of_those_there_are(
    accept: str | None, there: list[str], best: str
) -> None:
    assert best_language(accept, there, default="en") == best


def test_a_longer_tag_is_found_by_its_beginnings() -> None:
    assert ranges_of("zh-Hant-TW") == ("zh", "zh-hant", "zh-hant-tw")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Straße, STRASSE & Strasse!", ("strasse",)),
        ("Crème brûlée", ("creme", "brulee")),
        ("$where: {'a.b': 1} .*", ("where", "a", "b", "1")),
        ("会場 案内", ("会場", "案内")),
        ("x" * 50, ("x" * 40,)),
        (" \n", ()),
    ],
)
def test_words_have_neither_case_nor_accents_nor_signs(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_a_query_of_many_words_is_cut() -> None:
    assert words_asked("a b c d e f g h i") == tuple("abcdefgh")


def test_an_edition_is_found_by_all_its_texts_and_by_nothing_else() -> None:
    body = Directions((Route(TravelMode.PUBLIC_TRANSPORT, "Tram six", 7),))
    page = of_kind(PageKind.DIRECTIONS, body)
    assert page.edited.words == ("title", "tram", "six")


def test_an_edition_names_its_media_once_each() -> None:
    photo = Photo((MEDIA, OTHER_MEDIA))
    both: dict[str, Any] = {tag: Translation("Photos", photo) for tag in ("en", "de")}
    page = a_page(kind=PageKind.PHOTO, translations=both)
    assert page.edited.media_ids == (MEDIA, OTHER_MEDIA)
    assert [(tag, use.pointer) for tag, use in page.edited.media_uses][:2] == [
        ("en", "/mediaIds/0"),
        ("en", "/mediaIds/1"),
    ]
    assert replace(page, draft=None, published=page.draft).edited.media_ids == page.edited.media_ids
