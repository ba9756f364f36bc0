"""Rulebooks that were activated, and runs that judge the listings again: a part of the venue service."""

# A parameter of dishka's own `provide` has no type:
# pyright: reportUnknownVariableType=false

from dishka import Provider, Scope, provide, provide_all
from litestar import Controller

from adapters.http.resale_evaluations import EvaluationController
from adapters.postgres.resale_evaluations import PostgresDueEvaluations
from adapters.postgres.rulebooks import PostgresRulebookShelf
from adapters.rulebook.builtin import built_in_rulebook
from adapters.rulebook.scheduled import ScheduledRulebooks
from adapters.rulebook.toml_format import TomlFormat
from bootstrap.containers.service import JobSpec, Pools
from ports.clock import Clock
from ports.events import Subscription
from ports.published.admission import AdmissionApi
from ports.published.resale import ResaleFactsChanged, ResalePolicyChanged
from ports.resale.evaluations import DueEvaluations
from ports.resale.rulebook import RulebookSource
from ports.resale.rulebooks import RulebookFormat, RulebookShelf
from usecases.resale.begin_evaluation import BeginEvaluation
from usecases.resale.compare_rulebooks import CompareRulebooks
from usecases.resale.evaluate_listings import EvaluateListings, FollowFacts, FollowPolicy, FollowRulebook
from usecases.resale.examine_listing import ExamineListing
from usecases.resale.judge_pass import JudgePass
from usecases.resale.read_evaluations import ReadEvaluations
from usecases.resale.work_on_evaluation import AskingJudge, PreviewListing, WorkOnEvaluation

EVALUATE_INTERVAL_S = 2.0
FOLLOW_INTERVAL_S = 5.0


class EvaluationProvider(Provider):
    """Beside the rest of resale, whose rulebook it gives."""

    scope = Scope.APP
    written = provide(TomlFormat, provides=RulebookFormat)
    usecases = provide_all(
        BeginEvaluation,
        ReadEvaluations,
        WorkOnEvaluation,
        EvaluateListings,
        FollowRulebook,
        FollowPolicy,
        FollowFacts,
        CompareRulebooks,
    )

    @provide
    def shelf(self, pools: Pools) -> RulebookShelf:
        """Return the rulebooks, which the app role may only read."""
        return PostgresRulebookShelf(pools.app)

    @provide
    def rulebooks(self, shelf: RulebookShelf, written: RulebookFormat, clock: Clock) -> RulebookSource:
        """Return which rulebook is in use when."""
        return ScheduledRulebooks(shelf, written, built_in_rulebook(), clock)

    @provide
    def due(self, pools: Pools) -> DueEvaluations:
        """Return the worker's view as the relay role."""
        return PostgresDueEvaluations(pools.relay)

    @provide
    def previews(self, admission: AdmissionApi, judge: JudgePass, clock: Clock) -> PreviewListing:
        """Return the look at a listing that keeps no verdict."""
        return PreviewListing(ExamineListing(admission, AskingJudge(judge), clock))


EVALUATION_CONTROLLERS: tuple[type[Controller], ...] = (EvaluationController,)
EVALUATION_SUBSCRIPTIONS: tuple[Subscription, ...] = (
    Subscription("resale.follow_policy", ResalePolicyChanged, FollowPolicy),
    Subscription("resale.follow_facts", ResaleFactsChanged, FollowFacts),
)
EVALUATION_JOBS: tuple[JobSpec, ...] = (
    JobSpec("follow_rulebook", FOLLOW_INTERVAL_S, FollowRulebook),
    JobSpec("evaluate_listings", EVALUATE_INTERVAL_S, EvaluateListings),
)
