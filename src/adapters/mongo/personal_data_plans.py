"""What each database on MongoDB keeps about one person; a test holds that no collection is left out."""

from typing import Any

from adapters.mongo.client import Document
from adapters.mongo.personal_data import DocumentPlan, PersonDocuments
from core.shared.ids import AccountId
from ports.published.personal_data import KeptRecord

_MESSAGES = {
    "outbox": "messages, which go once they were sent",
    "idempotencyKeys": "messages, which go with the person",
}
_OF_REVIEWS_OF_OTHERS = ("_id", "tenantId", "venueId")


def _as_writer(document: Document, _: AccountId) -> Document:
    """Show the review without who of the organisation answered or judged it, and without what only upkeep reads."""
    shown = {name: value for name, value in document.items() if name not in {"ratingsDue", "revision", "reportRound"}}
    reply: Any = document.get("reply")
    shown["reply"] = None if reply is None else {name: value for name, value in reply.items() if name != "by"}
    shown["history"] = [{name: value for name, value in each.items() if name != "by"} for each in document["history"]]
    return shown


def _as_staff(document: Document, account_id: AccountId) -> Document:
    """Show what the person said of somebody else's review as staff, and nothing of the review."""
    shown = {name: document[name] for name in _OF_REVIEWS_OF_OTHERS}
    reply: Any = document.get("reply")
    if reply is not None and reply["by"] == account_id:
        shown["reply"] = reply
    shown["verdicts"] = [each for each in document["history"] if each["by"] == account_id]
    return shown


TICKETS = DocumentPlan(
    documents=(PersonDocuments("places", "reservations", hidden=("_id", "tokenSha256", "madeBy")),),
    kept=(
        KeptRecord(
            what="reservations of places, under an account id that leads nowhere",
            why="they are the count of what was sold; they hold nothing else of the person",
        ),
    ),
    about_nobody={
        "tickets": "the catalogue of the organisation",
        "venueCharging": "whether venues can be paid",
        **_MESSAGES,
    },
)

CONTENT = DocumentPlan(
    documents=(
        PersonDocuments("reviews", "reviews", shown=_as_writer, hidden=()),
        PersonDocuments("reactions", "reviewReactions", hidden=("_id", "due", "mark")),
        PersonDocuments("moderation", "reviews", ("history.by", "reply.by"), shown=_as_staff, hidden=()),
        PersonDocuments("media", "media", ("createdBy",), hidden=("storageKey", "pins")),
        PersonDocuments(
            "pages",
            "pages",
            ("createdBy", "draft.publishedBy", "published.publishedBy"),
            hidden=("draft", "published"),
        ),
        PersonDocuments("editions", "pageEditions", ("edition.publishedBy",), hidden=("edition",)),
    ),
    kept=(
        KeptRecord(
            what="that there was a review of a visit, and when, without text, marks, seat and reasons",
            why="a visit is reviewed once, and numbers that were counted without the review must stay so",
        ),
        KeptRecord(
            what="reports of others' reviews, without the reporter and the reason",
            why="how many there were is what hid a review, and what staff answer for",
        ),
        KeptRecord(
            what="verdicts, answers, pages and media made for a venue, under an account id that leads nowhere",
            why="they are the organisation's, not the person's; what it wrote into its own texts it answers for",
        ),
    ),
    about_nobody={"ratings": "sums of marks of all reviews", **_MESSAGES},
)
