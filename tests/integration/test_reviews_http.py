"""Reviews and ratings as clients see them, on MongoDB; admission's own rules say who was there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from dishka import AsyncContainer

from bootstrap.containers.content import content_service
from core.admission.offers import OfferKind
from core.admission.passes import AdmittedSeat, Pass
from core.shared.callers import Caller, Role
from core.shared.ids import AccountId, SeatId, TenantId, TicketId
from ports.published.admission import AdmissionApi
from ports.published.venues import VenuesApi
from tests.admission_builders import KICK_OFF, NOON, Gatehouse, a_pass
from tests.mongo_databases import fresh_database
from tests.service_client import headers_of, served, settings_with
from tests.ticketing_builders import VENUE, OneVenue
from usecases.reviews.count_reactions import CountReactions
from usecases.reviews.venue_ratings import RebuildRatings, RefreshRatings

TENANT, OTHER = TenantId(uuid4()), TenantId(uuid4())
MANAGER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.MANAGER))
SCANNER = headers_of(Caller(AccountId(uuid4()), TENANT, Role.SCANNER))
STRANGER = headers_of(Caller(AccountId(uuid4()), OTHER, Role.OWNER))
PATH = f"/api/v1/venues/{VENUE}/reviews"
RATINGS = f"/api/v1/venues/{VENUE}/ratings"
SAID: dict[str, Any] = {
    "overall": 4,
    "categories": {"sound": 5, "sightlines": 2},
    "title": "Close to the stage",
    "body": "Good view.",
    "language": "en",
}


def fan(account_id: AccountId | None = None) -> dict[str, str]:
    return headers_of(Caller(account_id or AccountId(uuid4()), TENANT))


@dataclass
class Service:
    client: httpx.AsyncClient
    container: AsyncContainer
    gate: Gatehouse

    async def pass_of(
        self, account_id: AccountId, *, ticket_id: TicketId | None = None, section: str | None = "A"
    ) -> Pass:
        """Let the account have a valid pass for an event at the venue."""
        one = a_pass(ticket_id=ticket_id)
        seat = AdmittedSeat(SeatId(uuid4()), f"{section}-4-1", section, "4", "1") if section else None
        one = replace(one, account_id=account_id, seat=seat, event=replace(one.event, venue_id=VENUE))
        async with self.gate.admission.begin(TENANT) as tx:
            await tx.passes.add_missing([one])
        return one

    def end_the_event(self) -> None:
        self.gate.clock.move(seconds=(KICK_OFF + timedelta(days=1) - NOON).total_seconds())

    async def write(self, one: Pass, **changes: Any) -> httpx.Response:
        body = {"ticketId": str(one.event.ticket_id)} | SAID | changes
        return await self.client.post(PATH, json=body, headers=fan(one.account_id))

    async def review(self, *, publish: bool = True, section: str | None = "A", **changes: Any) -> httpx.Response:
        """Let somebody new who was there write a review, and a manager publish it; return it as it stands."""
        account_id = AccountId(uuid4())
        one = await self.pass_of(account_id, section=section)
        made = await self.write(one, **changes)
        assert made.status_code == 201, made.text
        return await self.judge(made, status="published") if publish else made

    async def judge(self, answer: httpx.Response, **said: Any) -> httpx.Response:
        return await self.patch(answer, MANAGER, **said)

    async def patch(self, answer: httpx.Response, headers: dict[str, str], **said: Any) -> httpx.Response:
        path = f"/api/v1/reviews/{answer.json()['id']}"
        return await self.client.patch(path, json=said, headers=headers | {"If-Match": answer.headers["etag"]})

    async def read(self, answer: httpx.Response, headers: dict[str, str] = MANAGER) -> httpx.Response:
        return await self.client.get(f"/api/v1/reviews/{answer.json()['id']}", headers=headers)

    async def listed(self, query: str = "", headers: dict[str, str] | None = None) -> list[str]:
        answer = await self.client.get(f"{PATH}?{query}", headers=headers or fan())
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    async def react(
        self, answer: httpx.Response, what: str = "helpful", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        path = f"/api/v1/reviews/{answer.json()['id']}/{what}"
        body = {"reason": "rude"} if what == "report" else None
        return await self.client.post(path, headers=headers or fan(), json=body)

    async def ratings(self) -> dict[str, Any]:
        await (await self.container.get(RefreshRatings))()
        found: dict[str, Any] = (await self.client.get(RATINGS, headers=fan())).json()
        return found


@pytest.fixture
async def service(mongodb_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    gate = Gatehouse()
    async with fresh_database(mongodb_url) as database:
        settings = settings_with(
            CONTENT_DATABASE_URL=mongodb_url,
            CONTENT_DATABASE_NAME=database.name[:38],
            **getattr(request, "param", {}),
        )
        apis: dict[type, object] = {VenuesApi: OneVenue(TENANT), AdmissionApi: gate.api}
        async with served(content_service(), settings, apis) as (client, container):
            service = Service(client, container, gate)
            if "early" not in request.node.name:
                service.end_the_event()
            yield service
        await database.client.drop_database(settings.content_database.name)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def refusal(answer: httpx.Response) -> str:
    """Return why somebody does not count as having been there."""
    assert problem(answer) == (403, "reviews.not_attended")
    reason: str = answer.json()["errors"][0]["message"].partition(":")[0]
    return reason


async def test_whoever_was_there_reviews_it_and_everybody_reads_it_once_it_is_published(service: Service) -> None:
    one = await service.pass_of(AccountId(uuid4()), section="North")
    made = await service.write(one)

    assert made.status_code == 201
    assert (made.json()["status"], made.json()["event"]["section"], made.json()["mine"]) == ("pending", "North", True)
    assert made.headers["location"] == f"/api/v1/reviews/{made.json()['id']}"
    assert "accountId" not in made.json()
    assert await service.listed() == []
    assert problem(await service.read(made, fan())) == (404, "reviews.not_found")
    assert (await service.read(made, fan(one.account_id))).status_code == 200
    assert await service.listed("status=pending", MANAGER) == await service.listed("mine=true", fan(one.account_id))

    judged = await service.judge(made, status="published", reply="Thank you")

    assert await service.listed() == [made.json()["id"]]
    seen = (await service.read(made, fan())).json()
    assert (seen["overall"], seen["categories"]) == (4, {"sightlines": 2, "sound": 5})
    assert (seen["reply"]["text"], seen["mine"]) == ("Thank you", False)
    assert "history" not in seen and "accountId" not in seen
    [verdict] = judged.json()["history"]
    assert (verdict["status"], verdict["by"]) == ("published", MANAGER["Authorization"].split()[1].split(".")[0])


async def test_who_was_not_there_is_told_why_early_or_not(service: Service) -> None:
    one = await service.pass_of(AccountId(uuid4()))
    assert refusal(await service.write(replace(one, account_id=AccountId(uuid4())))) == "no_pass"
    assert refusal(await service.write(one)) == "event_not_over"

    await service.gate.offer(TENANT, one.id, by=one.account_id, offer_id=(offer := uuid4()), kind=OfferKind.TRANSFER)
    taker = AccountId(uuid4())
    await service.gate.hand_over(TENANT, one.id, offer_id=offer, to=taker, holder_name=None)
    void = await service.pass_of(AccountId(uuid4()))
    elsewhere = a_pass()
    async with service.gate.admission.begin(TENANT) as tx:
        await tx.passes.void_order(void.order_id, at=NOON)
        await tx.passes.add_missing([elsewhere])
    scanned = await service.pass_of(AccountId(uuid4()))
    async with service.gate.admission.begin(TENANT) as tx:
        await tx.passes.save(scanned.entered(at=KICK_OFF))
    assert (await service.write(scanned)).json()["event"]["scanned"] is True
    service.end_the_event()

    assert refusal(await service.write(one)) == "passed_on"
    assert (await service.write(replace(one, account_id=taker))).status_code == 201
    assert refusal(await service.write(void)) == "pass_void"
    assert refusal(await service.write(elsewhere)) == "other_venue"


async def test_a_foreign_tenant_neither_reads_nor_writes_nor_judges(service: Service) -> None:
    review = await service.review()
    path = f"/api/v1/reviews/{review.json()['id']}"

    assert problem(await service.read(review, STRANGER)) == (404, "reviews.not_found")
    for answer in (
        await service.patch(review, STRANGER, status="hidden", reason="ours now"),
        await service.client.delete(path, headers=STRANGER),
        await service.react(review, headers=STRANGER),
        await service.react(review, "report", headers=STRANGER),
        await service.client.get(f"{path}/reports", headers=STRANGER),
    ):
        assert problem(answer) == (404, "reviews.not_found")
    for listing in (PATH, RATINGS, f"{PATH}?status=pending"):
        assert problem(await service.client.get(listing, headers=STRANGER)) == (404, "reviews.venue_not_found")
    assert (await service.read(review)).json()["status"] == "published"


async def test_one_person_reviews_an_event_once_however_often_they_ask_at_once(service: Service) -> None:
    one = await service.pass_of(AccountId(uuid4()))

    answers = await asyncio.gather(*(service.write(one) for _ in range(20)))

    [made] = [each for each in answers if each.status_code == 201]
    others = {problem(each) for each in answers if each is not made}
    assert others == {(409, "reviews.already_written")}
    assert await service.listed("status=pending", MANAGER) == [made.json()["id"]]
    assert made.json()["id"] in (await service.write(one)).json()["detail"]


async def test_who_had_passes_in_several_sections_names_one_of_them(service: Service) -> None:
    one = await service.pass_of(AccountId(uuid4()), section="A")
    await service.pass_of(one.account_id, ticket_id=one.event.ticket_id, section="B")

    assert problem(await service.write(one, section="C")) == (422, "reviews.not_your_section")
    made = await service.write(one, section="B")
    assert made.json()["event"]["section"] == "B"
    moved = await service.patch(made, fan(one.account_id), section="A")
    assert (moved.json()["event"]["section"], moved.json()["event"]["row"]) == ("A", None)
    assert problem(await service.patch(moved, fan(one.account_id), section="C")) == (422, "reviews.not_your_section")


async def test_what_looks_like_html_or_an_operator_is_kept_as_text(service: Service) -> None:
    text = '<script>alert(1)</script> & {"$where": "1"}\r\n<b>loud</b>'
    review = await service.review(title="<b>$gt</b>", body=text)
    assert (review.json()["title"], review.json()["body"]) == ("<b>$gt</b>", text.replace("\r\n", "\n"))
    assert await service.listed("section=%7B%22%24ne%22%3Anull%7D") == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"overall": 0}, 400),
        ({"overall": 6}, 400),
        ({"overall": 4.5}, 400),
        ({"categories": {"sound": 6}}, 400),
        ({"categories": {"beer": 3}}, 400),
        ({"title": ""}, 400),
        ({"title": " "}, 422),
        ({"title": "two\nlines"}, 422),
        ({"body": "a\u0007bell"}, 422),
        ({"body": "x" * 5_001}, 400),
        ({"language": "english"}, 422),
        ({"status": "published"}, 400),
    ],
)
async def test_what_cannot_be_said_is_refused(service: Service, changes: dict[str, Any], status: int) -> None:
    one = await service.pass_of(AccountId(uuid4()))
    answer = await service.write(one, **changes)
    assert answer.status_code == status, answer.text
    assert (await service.write(one)).status_code == 201


async def test_only_its_writer_changes_what_it_says_and_it_is_judged_again(service: Service) -> None:
    review = await service.review()
    writer = fan(AccountId(uuid4()))

    assert problem(await service.patch(review, writer, title="Mine")) == (403, "reviews.not_author")
    assert problem(await service.judge(review, title="Better")) == (403, "reviews.not_author")
    assert problem(await service.judge(review, title="Better", status="hidden")) == (400, "request.invalid")
    account = AccountId((await service.read(review)).json()["accountId"])
    changed = await service.patch(review, headers_of(Caller(account, TENANT)), overall=1, categories={})
    assert (changed.json()["status"], changed.json()["overall"], changed.json()["title"]) == (
        "pending",
        1,
        SAID["title"],
    )
    assert await service.listed() == []
    assert problem(await service.patch(review, fan(account), overall=2)) == (412, "request.stale_version")
    path = f"/api/v1/reviews/{review.json()['id']}"
    unnamed = await service.client.patch(path, json={"overall": 2}, headers=fan(account))
    assert problem(unnamed) == (428, "request.version_required")


async def test_only_managers_judge_and_not_a_text_that_they_have_not_read(service: Service) -> None:
    one = await service.pass_of(AccountId(uuid4()))
    made = await service.write(one)
    for headers in (fan(), SCANNER, fan(one.account_id)):
        assert problem(await service.patch(made, headers, status="published")) == (403, "access.forbidden")
        assert problem(await service.client.get(f"{PATH}?status=pending", headers=headers)) == (403, "access.forbidden")
    await service.patch(made, fan(one.account_id), body="Something else")

    assert problem(await service.judge(made, status="published")) == (412, "request.stale_version")
    now = await service.read(made)
    assert problem(await service.judge(now, status="rejected")) == (422, "reviews.invalid")
    assert problem(await service.judge(now, status="hidden", reason="no")) == (409, "reviews.wrong_status")
    rejected = await service.judge(now, status="rejected", reason="Names a person")
    assert rejected.json()["history"][-1]["reason"] == "Names a person"
    assert (await service.read(made, fan(one.account_id))).json()["status"] == "rejected"
    assert problem(await service.judge(rejected, reply=" ")) == (422, "reviews.invalid")


async def test_a_review_that_is_taken_back_is_gone_and_may_be_written_again(service: Service) -> None:
    review = await service.review()
    account = AccountId((await service.read(review)).json()["accountId"])
    path = f"/api/v1/reviews/{review.json()['id']}"
    assert problem(await service.client.delete(path, headers=MANAGER)) == (403, "reviews.not_author")

    for _ in range(2):
        assert (await service.client.delete(path, headers=fan(account))).status_code == 204

    gone = (await service.read(review)).json()
    assert (gone["status"], gone["title"], gone["body"], gone["overall"]) == ("withdrawn", None, None, None)
    assert await service.listed() == await service.listed("mine=true", fan(account)) == []
    body = {"ticketId": gone["event"]["ticketId"]} | SAID | {"title": "Again"}
    again = await service.client.post(PATH, json=body, headers=fan(account))
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (201, gone["id"], "pending")


async def test_helpful_counts_each_person_once_whatever_happens_at_once(service: Service) -> None:
    review = await service.review()
    people = [fan() for _ in range(10)]

    answers = await asyncio.gather(*(service.react(review, headers=each) for each in people * 2))

    assert {each.status_code for each in answers} == {200}
    assert (await service.read(review)).json()["helpful"] == 10
    path = f"/api/v1/reviews/{review.json()['id']}/helpful"
    await asyncio.gather(*(service.client.delete(path, headers=each) for each in [*people[:4], fan()] * 2))
    seen = await service.read(review)
    assert (seen.json()["helpful"], seen.headers["etag"]) == (6, review.headers["etag"])


async def test_nobody_finds_their_own_review_helpful_or_reports_it(service: Service) -> None:
    review = await service.review()
    writer = fan(AccountId((await service.read(review)).json()["accountId"]))
    for what in ("helpful", "report"):
        assert problem(await service.react(review, what, headers=writer)) == (403, "reviews.own")
    unseen = await service.review(publish=False)
    assert problem(await service.react(unseen)) == (404, "reviews.not_found")


async def test_enough_reports_hide_a_review_until_it_is_judged(service: Service) -> None:
    review = await service.review()
    again = fan()
    for headers in (again, again, fan()):
        assert (await service.react(review, "report", headers=headers)).status_code == 204
    assert (await service.read(review)).json()["reports"] == 2
    assert await service.listed() == [review.json()["id"]]

    await service.react(review, "report")

    assert await service.listed() == []
    assert await service.listed("status=hidden", MANAGER) == [review.json()["id"]]
    now = await service.read(review)
    assert (now.json()["history"][-1]["by"], now.json()["reports"]) == (None, 3)
    shown = await service.judge(now, status="published", reason="Nothing wrong with it")
    assert (shown.json()["status"], shown.json()["reports"]) == ("published", 0)
    await service.react(review, "report")
    assert (await service.read(review)).json()["reports"] == 1
    listed = await service.client.get(f"/api/v1/reviews/{review.json()['id']}/reports", headers=MANAGER)
    assert [each["open"] for each in listed.json()["items"]] == [True, False, False, False]
    reports = f"/api/v1/reviews/{review.json()['id']}/reports?limit=3"
    page = (await service.client.get(reports, headers=MANAGER)).json()
    rest = (await service.client.get(f"{reports}&cursor={page['nextCursor']}", headers=MANAGER)).json()
    assert (page["items"] + rest["items"], rest["nextCursor"]) == (listed.json()["items"], None)
    for odd in ("AAAA", "_" * 32, "nothing"):
        answer = await service.client.get(f"{reports}&cursor={odd}", headers=MANAGER)
        assert problem(answer) == (400, "request.invalid")
    mine = await service.client.get(f"/api/v1/reviews/{review.json()['id']}/reports", headers=fan())
    assert problem(mine) == (403, "access.forbidden")


@pytest.mark.parametrize("service", [{"REVIEWS_MODERATION": "after", "REVIEWS_REPORTS_MAX": "1"}], indirect=True)
async def test_where_staff_judge_afterwards_reviews_are_seen_at_once(service: Service) -> None:
    review = await service.review(publish=False)
    account = AccountId((await service.read(review)).json()["accountId"])
    assert review.json()["status"] == "published"
    edited = await service.patch(review, fan(account), title="Changed")
    assert edited.json()["status"] == "published"

    await service.react(review, "report")

    assert (await service.read(review)).json()["status"] == "hidden"
    edited = await service.patch(await service.read(review), fan(account), title="Milder")
    assert edited.json()["status"] == "pending"


async def test_lists_are_filtered_ordered_searched_and_paged(service: Service) -> None:
    first = await service.review(overall=5, title="Loud and clear", section="A")
    second = await service.review(overall=2, title="Too loud", language="de", section=None)
    third = await service.review(overall=5, title="Quiet", section="B")
    await service.react(second)
    a, b, c = (each.json()["id"] for each in (first, second, third))

    assert await service.listed() == [c, b, a]
    assert await service.listed("sort=helpful") == [b, c, a]
    assert await service.listed("sort=rating") == [c, a, b]
    assert await service.listed("section=A") == [a]
    assert await service.listed("rating=5") == [c, a]
    assert await service.listed("language=de") == await service.listed("language=DE") == [b]
    assert await service.listed("q=LOUD") == [b, a]
    assert await service.listed("q=loud+clear&rating=5") == [a]
    for sort in ("newest", "helpful", "rating"):
        query, walked, page = f"sort={sort}&limit=1", list[str](), dict[str, Any]()
        for _ in range(3):
            page = (await service.client.get(f"{PATH}?{query}", headers=fan())).json()
            walked += [each["id"] for each in page["items"]]
            query = f"sort={sort}&limit=1&cursor={page['nextCursor']}"
        assert (walked, page["nextCursor"]) == (await service.listed(f"sort={sort}"), None)
    page = (await service.client.get(f"{PATH}?limit=1", headers=fan())).json()
    for wrong in (f"sort=helpful&cursor={page['nextCursor']}", "cursor=zzz", "cursor=%C3%A4", "q=%21%21", "rating=6"):
        assert (await service.client.get(f"{PATH}?{wrong}", headers=fan())).status_code == 400


async def test_ratings_follow_what_is_published_and_are_rebuilt_by_command(service: Service) -> None:
    assert (await service.ratings())["count"] == 0
    first = await service.review(overall=5, section="B", categories={"sound": 5})
    await service.review(overall=2, section="A", categories={"sound": 2, "value": 1})
    await service.review(overall=3, section=None, categories={})
    await service.review(publish=False, overall=1)

    found = await service.ratings()

    assert (found["count"], found["mean"]) == (3, 3.33)
    assert found["distribution"] == {"1": 0, "2": 1, "3": 1, "4": 0, "5": 1}
    assert found["categories"] == {"sound": {"count": 2, "mean": 3.5}, "value": {"count": 1, "mean": 1.0}}
    assert [(each["section"], each["count"], each["mean"]) for each in found["sections"]] == [
        ("A", 1, 2.0),
        ("B", 1, 5.0),
        (None, 1, 3.0),
    ]
    await service.judge(first, status="hidden", reason="spam")
    rebuilt = [each async for each in (await service.container.get(RebuildRatings))()]
    assert [(venue.venue_id, ratings.whole.overall.count) for venue, ratings in rebuilt if ratings] == [(VENUE, 2)]
    assert [each["section"] for each in (await service.ratings())["sections"]] == ["A", None]
    assert await (await service.container.get(CountReactions))() == 0
