"""What `fairseat up` says when it is ready."""

from importlib.resources import files

from rich.console import Console
from rich.markup import escape

from adapters.cli.demo_world import FAN, PASSWORD, STAFF, DemoWorld


def print_welcome(
    console: Console,
    *,
    base_url: str,
    stripe_url: str | None,
    publishable_key: str,
    world: DemoWorld | None,
    mail_folder: str | None = None,
) -> None:
    """Print where everything is and, with the demo, how to buy a seat by hand."""
    console.print(f"\n[bold]Fairseat[/bold] is ready: {base_url}/api/v1", highlight=False)
    console.print(f"  interactive API pages  {base_url}/schema", highlight=False)
    console.print(f"  health                 {base_url}/health/ready", highlight=False)
    if stripe_url is not None:
        console.print(f"  Stripe stand-in        {stripe_url}", highlight=False)
    if mail_folder is not None:
        console.print(f"  mail                   {escape(mail_folder)}", highlight=False, soft_wrap=True)
    if world is None:
        return
    console.print("\n[bold]Demo accounts[/bold]  (password [bold]" + escape(PASSWORD) + "[/bold])", highlight=False)
    for email, (role, _) in STAFF.items():
        console.print(f"  {email:30} {role}", highlight=False)
    console.print(f"  {FAN[0]:30} fan", highlight=False)
    if world.onboarding_url is not None:
        console.print("\n[bold]Nothing is on sale yet[/bold]: answer Stripe's questions for the venue first, at")
        console.print(escape(world.onboarding_url), highlight=False, soft_wrap=True)
        console.print("and start Fairseat again.", highlight=False)
        return
    console.print(f"\n[bold]Buy a seat[/bold]: copy this into another shell ({world.seats} seats are on sale)\n")
    console.print(
        escape(purchase_script(base_url, stripe_url=stripe_url, publishable_key=publishable_key, world=world)),
        highlight=False,
        soft_wrap=True,
    )


def purchase_script(base_url: str, *, stripe_url: str | None, publishable_key: str, world: DemoWorld) -> str:
    """Return a shell script that buys one seat with curl."""
    script = files("adapters.cli").joinpath("purchase.sh").read_text()
    for name, value in {
        "BASE_URL": base_url,
        "STRIPE_URL": stripe_url or "https://api.stripe.com",
        "PUBLISHABLE_KEY": publishable_key,
        "ORGANISATION_ID": str(world.organisation_id),
        "PLAN_ID": str(world.plan_id),
    }.items():
        script = script.replace(f"@{name}@", value)
    return script
