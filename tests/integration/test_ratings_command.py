"""`fairseat ratings rebuild` counts the ratings of venues anew."""

import io

from rich.console import Console
from uuid_utils.compat import uuid7

from adapters.mongo.content import prepare_documents
from adapters.mongo.review_ratings import MongoRatings
from adapters.mongo.reviews import REVIEW_DOCUMENTS, MongoReviewStore
from bootstrap.ratings import rebuild_ratings
from core.reviews.ratings import MarkTally
from core.shared.ids import TenantId, VenueId
from tests.mongo_databases import fresh_database
from tests.reviews_builders import NOON, a_review
from tests.service_client import settings_with


async def test_ratings_are_rebuilt_of_every_venue_or_of_one(mongodb_url: str) -> None:
    tenant_id, first, second = TenantId(uuid7()), VenueId(uuid7()), VenueId(uuid7())
    async with fresh_database(mongodb_url) as given:
        settings = settings_with(CONTENT_DATABASE_URL=mongodb_url, CONTENT_DATABASE_NAME=given.name[:38])
        database = given.client.get_database(settings.content_database.name)
        try:
            await prepare_documents(database, REVIEW_DOCUMENTS)
            reviews, ratings = MongoReviewStore(database), MongoRatings(database)
            await reviews.add(tenant_id, a_review(4, venue_id=first))
            await reviews.add(tenant_id, a_review(1, venue_id=second))
            await ratings.refresh(tenant_id, first, now=NOON)
            # Somebody has changed what is kept, and nothing is due.
            await database.get_collection("ratings").update_one({"venueId": first}, {"$set": {"sections": []}})
            said = io.StringIO()
            console = Console(file=said, width=120)

            assert await rebuild_ratings(settings, second, console)
            assert said.getvalue().splitlines() == [f"{second}: 1 reviews in 1 sections, mean 1.00"]
            kept = await ratings.get(tenant_id, first)
            assert kept is not None and kept.sections == {}

            assert await rebuild_ratings(settings, None, console)
            kept = await ratings.get(tenant_id, first)
            assert kept is not None and kept.whole.overall == MarkTally(1, 4)
            assert sorted(said.getvalue().splitlines()[1:]) == sorted(
                [f"{first}: 1 reviews in 1 sections, mean 4.00", f"{second}: 1 reviews in 1 sections, mean 1.00"]
            )
        finally:
            await given.client.drop_database(database.name)
