"""The reviews context inside the content service: on its database, with jobs of its own."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all

from adapters.mongo.review_ratings import MongoRatings
from adapters.mongo.review_reactions import MongoReactions
from adapters.mongo.reviews import MongoReviewStore
from bootstrap.containers.service import JobSpec
from bootstrap.settings import Settings
from core.reviews.review import Moderation, ReviewTerms
from ports.reviews import RatingsStore, ReactionStore, ReviewStore
from usecases.reviews.count_reactions import CountReactions, ReactionCount
from usecases.reviews.edit_review import EditReview, WithdrawReview
from usecases.reviews.forget_reviewer import ForgetReviewer
from usecases.reviews.look_through_reviews import ListReports, ListReviews, ReadReview
from usecases.reviews.moderate_review import ModerateReview
from usecases.reviews.react_to_review import ReactToReview, TakeHelpfulBack
from usecases.reviews.venue_ratings import ReadRatings, RebuildRatings, RefreshRatings
from usecases.reviews.write_review import WriteReview

REVIEW_JOBS = (JobSpec("refresh_ratings", 1.0, RefreshRatings), JobSpec("count_reactions", 5.0, CountReactions))


class ReviewsProvider(Provider):
    """Reviews, what people say of them, and ratings. Admission is asked over its link."""

    scope = Scope.APP
    usecases = provide_all(
        WriteReview,
        EditReview,
        WithdrawReview,
        ModerateReview,
        ListReviews,
        ReadReview,
        ListReports,
        ReactToReview,
        TakeHelpfulBack,
        ReactionCount,
        CountReactions,
        ReadRatings,
        RefreshRatings,
        RebuildRatings,
        ForgetReviewer,
    )
    reviews = provide(MongoReviewStore, provides=ReviewStore)
    reactions = provide(MongoReactions, provides=ReactionStore)
    ratings = provide(MongoRatings, provides=RatingsStore)

    @provide
    def terms(self, settings: Settings) -> ReviewTerms:
        """Return how reviews are moderated."""
        reviews = settings.reviews
        return ReviewTerms(moderation=Moderation(reviews.moderation), reports_max=reviews.reports_max)
