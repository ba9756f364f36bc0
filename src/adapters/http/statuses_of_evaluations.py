"""What runs over the listings and activations refuse, as HTTP statuses: a part of the one table in `statuses`."""

from core.resale.law.activation import InvalidActivationError, RulebookNotKeptError
from core.resale.market.evaluation import EvaluationNotFoundError, EvaluationOverError, EvaluationRunningError
from core.shared.errors import DomainError

EVALUATIONS: dict[type[DomainError], int] = {
    InvalidActivationError: 422,
    RulebookNotKeptError: 404,
    EvaluationNotFoundError: 404,
    EvaluationRunningError: 409,
    EvaluationOverError: 409,
}
