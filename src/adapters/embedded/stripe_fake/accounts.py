"""Connected accounts: made by the platform, onboarded on a page, changed by Stripe, and lost."""

from copy import deepcopy
from secrets import compare_digest

from adapters.embedded.stripe_fake import forms
from adapters.embedded.stripe_fake.account_objects import (
    APPLICATION,
    CAPABILITIES,
    controller_of,
    new_account,
    no_requirements,
    requirements,
)
from adapters.embedded.stripe_fake.errors import invalid
from adapters.embedded.stripe_fake.events import Announce
from adapters.embedded.stripe_fake.forms import Params
from adapters.embedded.stripe_fake.ledger import Ledger
from adapters.embedded.stripe_fake.objects import StripeDict, new_id, now

_LINK_TTL_S = 300
UPDATE = (
    "business_profile[*]",
    "business_type",
    "capabilities[*][requested]",
    "default_currency",
    "email",
    "metadata[*]",
    "settings[payouts][schedule][*]",
    "settings[payouts][statement_descriptor]",
    "settings[payments][statement_descriptor]",
)
CREATE = (
    *UPDATE,
    "type",
    "country",
    "controller[fees][payer]",
    "controller[losses][payments]",
    "controller[requirement_collection]",
    "controller[stripe_dashboard][type]",
)
LINK = (
    "account",
    "type",
    "refresh_url",
    "return_url",
    "collect",
    "collection_options[fields]",
    "collection_options[future_requirements]",
)


class Accounts:
    """The connected accounts; events about them carry the account and go to the Connect endpoint."""

    def __init__(self, ledger: Ledger, announce: Announce, *, base_url: str) -> None:
        self._ledger = ledger
        self._announce = announce
        self._base_url = base_url

    def create(self, params: Params) -> StripeDict:
        """Make an account that can do nothing until it is onboarded."""
        forms.only(params, *CREATE)
        controller = forms.nested(params, "controller")
        kind = forms.one_of(params, "type", "express", "custom", "standard")
        if kind is not None and controller is not None:
            raise invalid("You may not provide the `type` parameter and `controller` parameters simultaneously.")
        kind, controlled = controller_of(kind, controller or {})
        country = (forms.text(params, "country") or "US").upper()
        if len(country) != 2 or not country.isascii() or not country.isalpha():
            raise invalid(f"Country '{country}' is unknown.", param="country", code="country_unsupported")
        account = new_account(kind=kind, controller=controlled, country=country, metadata=forms.metadata(params))
        self._apply(account, params)
        self._ledger.put("accounts", account)
        return account

    def update(self, account_id: str, params: Params) -> StripeDict:
        """Change what a platform may change."""
        forms.only(params, *UPDATE)
        before = self._account(account_id)
        account = deepcopy(before)
        account["metadata"] = forms.metadata(params, kept=account["metadata"])
        self._apply(account, params)
        return self._changed(account, before)

    def link(self, params: Params) -> StripeDict:
        """Make a link to the onboarding page, which is good for one visit within minutes."""
        forms.only(params, *LINK)
        account = self._account(forms.required(params, "account"))
        kind = forms.one_of(params, "type", "account_onboarding", "account_update")
        if kind is None:
            raise invalid("Missing required param: type.", param="type", code="parameter_missing")
        if kind == "account_update" and account["controller"]["requirement_collection"] == "stripe":
            raise invalid("You cannot create `account_update` type Account Links for this account.", param="type")
        urls = {name: forms.required(params, name) for name in ("refresh_url", "return_url")}
        for name, url in urls.items():
            if not url.startswith(("http://", "https://")):
                raise invalid("Not a valid URL", param=name, code="url_invalid")
        token, made_at = new_id("link"), now()
        link = {"id": token, "account": account["id"], "expires_at": made_at + _LINK_TTL_S, **urls}
        self._ledger.put("account_links", link)
        return {
            "object": "account_link",
            "created": made_at,
            "expires_at": link["expires_at"],
            "url": f"{self._base_url}/setup/e/{account['id']}/{token}",
        }

    def visit(self, account_id: str, token: str, *, complete: bool) -> str:
        """Follow a link: onboard the account, or leave the page without; returns where the browser goes next.

        A link that was used or is too old goes to its refresh address. Raises for one that never was.
        """
        link = self._ledger.find("account_links", token)
        if link is None or not compare_digest(link["account"], account_id):
            raise invalid("This link does not exist.")
        account = self._account(account_id)
        if link["expires_at"] <= now():
            return str(link["refresh_url"])
        self._ledger.put("account_links", link | {"expires_at": 0})
        if complete:
            self.onboard(account["id"])
        return str(link["return_url"])

    def expire_links(self) -> None:
        """Let the time of all links run out."""
        for link in list(self._ledger.all("account_links")):
            self._ledger.put("account_links", link | {"expires_at": 0})

    def onboard(self, account_id: str) -> StripeDict:
        """Let the account charge and be paid out, with nothing left to be told."""
        before = self._account(account_id)
        account = deepcopy(before)
        account |= {"details_submitted": True, "requirements": no_requirements()}
        account["business_type"] = account["business_type"] or "company"
        _enable(account, charges=True, payouts=True)
        return self._changed(account, before)

    def change(
        self,
        account_id: str,
        *,
        charges_enabled: bool | None = None,
        payouts_enabled: bool | None = None,
        details_submitted: bool | None = None,
        due: StripeDict | None = None,
    ) -> StripeDict:
        """Change what only Stripe changes; `due` are members of `requirements`. What is left out stays."""
        before = self._account(account_id)
        account = deepcopy(before)
        _enable(account, charges=charges_enabled, payouts=payouts_enabled)
        if details_submitted is not None:
            account["details_submitted"] = details_submitted
        account["requirements"] |= due or {}
        return self._changed(account, before)

    def deauthorise(self, account_id: str) -> None:
        """Let the account's owner disconnect it from the platform, which loses sight of it."""
        self._account(account_id)
        self._ledger.remove("accounts", account_id)
        application = {"id": APPLICATION, "object": "application", "name": "Fairseat"}
        self._announce("account.application.deauthorized", application, account=account_id)

    def _account(self, account_id: str) -> StripeDict:
        return self._ledger.get("accounts", account_id)

    def _apply(self, account: StripeDict, params: Params) -> None:
        for name in ("email", "business_type", "default_currency"):
            if name in params:
                account[name] = forms.text(params, name)
        account["business_profile"] |= forms.nested(params, "business_profile") or {}
        for name, asked in (forms.nested(params, "capabilities") or {}).items():
            if name not in CAPABILITIES:
                raise invalid(f"Invalid capability: {name}", param=f"capabilities[{name}]")
            if isinstance(asked, dict) and forms.flag(asked, "requested"):
                account["capabilities"].setdefault(name, "active" if account["details_submitted"] else "inactive")
            else:
                account["capabilities"].pop(name, None)
        _enable(account, charges=None, payouts=None)
        if not account["details_submitted"]:
            account["requirements"] = requirements(account)
        settings = forms.nested(forms.nested(params, "settings") or {}, "payouts") or {}
        account["settings"]["payouts"]["schedule"] |= forms.nested(settings, "schedule") or {}

    def _changed(self, account: StripeDict, before: StripeDict) -> StripeDict:
        self._ledger.put("accounts", account)
        if account != before:
            self._announce("account.updated", account, account=account["id"], before=before)
        return account


def _enable(account: StripeDict, *, charges: bool | None, payouts: bool | None) -> None:
    """Set what the account may do; its capabilities go with its charges."""
    if payouts is not None:
        account["payouts_enabled"] = payouts
    if charges is not None:
        account["charges_enabled"] = charges
        state = "active" if charges else "inactive"
        account["capabilities"] = dict.fromkeys(account["capabilities"], state)
