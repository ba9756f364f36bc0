"""The pages of Stripe's that a person visits, short of their looks: a visit does what the form on them would."""

from litestar import Router, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from adapters.embedded.stripe_fake.accounts import Accounts


def pages(accounts: Accounts) -> Router:
    """Return the pages."""

    @get("/setup/e/{account_id:str}/{token:str}")
    async def onboarding(account_id: FromPath[str], token: FromPath[str], complete: FromQuery[bool] = True) -> Redirect:
        return Redirect(accounts.visit(account_id, token, complete=complete))

    return Router("/", route_handlers=[onboarding])
