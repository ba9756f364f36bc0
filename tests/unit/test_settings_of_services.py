"""A process is asked for the settings of its own services, and for what leads to others; a line says what lacks."""

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from bootstrap.cli import app
from bootstrap.needs import NEEDED_BY, SERVICES, needed
from bootstrap.settings import PREFIX, Settings, SettingsError, read_settings, variables
from bootstrap.split import Ports, programs_of
from bootstrap.topology import SERVED_BY, all_services, build_platform, check_links, platform_beside
from ports.published.identity import TokenVerifier
from tests.service_client import settings_with

TICKET = {
    "FAIRSEAT_TICKET_DATABASE_URL": "mongodb://127.0.0.1:1",
    "FAIRSEAT_RABBITMQ_URL": "amqp://127.0.0.1:1",
    "FAIRSEAT_LINKS_SECRET": "a secret of services among themselves",
    "FAIRSEAT_LINKS_PORT": "7001",
    "FAIRSEAT_LINKS_AUTH": "127.0.0.1:7002",
    "FAIRSEAT_LINKS_VENUE": "venue.internal:7003",
    "FAIRSEAT_LINKS_PAYMENT": "[::1]:7004",
}


def test_every_secret_says_who_needs_it() -> None:
    secret = {
        f"{group.name}_{member.name}".upper()
        for group in msgspec.structs.fields(Settings)
        for member in msgspec.structs.fields(group.type)
        if "Secret" in str(member.type)
    }
    assert set(NEEDED_BY) == secret
    assert {name.removeprefix(PREFIX) for name, _, _, required in variables() if required} <= secret
    assert {service for services in NEEDED_BY.values() for service in services} == {*SERVICES, "gateway"}


def test_the_services_are_those_that_are_wired() -> None:
    assert tuple(service.name for service in all_services()) == SERVICES
    assert set(SERVED_BY.values()) <= set(SERVICES)


def test_a_service_says_of_every_api_of_others_that_it_calls_it() -> None:
    """A link that is taken in another way would be found by nobody before a split process lacks it."""
    platform = build_platform(settings_with())
    for service in platform.services:
        known = {key.type_hint for key in platform.containers[service.name].registry.factories}
        elsewhere = {api for api, name in SERVED_BY.items() if name != service.name}
        assert known & elsewhere == service.links, service.name


def test_a_process_needs_the_secrets_of_its_own_services_alone() -> None:
    settings = read_settings(TICKET, ["ticket"])
    assert settings.ticket_database.url.reveal() == "mongodb://127.0.0.1:1"
    for secret, name in (
        (settings.stripe.secret_key, "FAIRSEAT_STRIPE_SECRET_KEY"),
        (settings.database("venue").url, "FAIRSEAT_VENUE_DATABASE_URL"),
    ):
        assert not secret
        with pytest.raises(SettingsError, match=f"{name} is missing"):
            secret.reveal()
    with pytest.raises(SettingsError, match=r"^FAIRSEAT_TICKET_DATABASE_URL is missing\.$"):
        read_settings({}, ["ticket"])
    assert needed("STRIPE_SECRET_KEY", ["payment", "venue"]) and not needed("STRIPE_SECRET_KEY", ["venue"])
    assert needed("STRIPE_CONNECT", ["venue"])


def test_everything_is_there_for_a_service_in_a_process_of_its_own() -> None:
    check_links(read_settings(TICKET, ["ticket"]), ["ticket"], serving=True)


@pytest.mark.parametrize("missing", sorted(TICKET.keys() - {"FAIRSEAT_TICKET_DATABASE_URL"}))
def test_what_a_process_lacks_to_reach_the_others_is_one_clear_line(missing: str) -> None:
    settings = read_settings({name: value for name, value in TICKET.items() if name != missing}, ["ticket"])
    with pytest.raises(SettingsError, match=f"^{missing} is missing[^\n]*$"):
        check_links(settings, ["ticket"], serving=True)


def test_a_worker_answers_nobody_and_needs_no_port() -> None:
    unused = {"FAIRSEAT_LINKS_PORT", "FAIRSEAT_LINKS_AUTH"}
    without = {name: value for name, value in TICKET.items() if name not in unused}
    check_links(read_settings(without, ["ticket"]), ["ticket"], serving=False)


def test_all_services_in_one_process_need_no_links() -> None:
    check_links(settings_with(), SERVICES, serving=True)


@pytest.mark.parametrize("address", ["venue", "venue:", ":7001", "http://venue:7001", "venue:7001/x"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(SettingsError, match=r"^FAIRSEAT_LINKS_VENUE: "):
        settings_with(LINKS_VENUE=address)


@pytest.mark.parametrize("command", ["serve", "worker", "config", "migrate"])
def test_a_service_that_there_is_not_is_told(command: str) -> None:
    told = CliRunner().invoke(app, [command, "--services", "venue,vanue"])
    assert isinstance(told.exception, SettingsError)
    assert str(told.exception).startswith("--services: 'vanue' is no service; there are auth, user, ")


def test_jobs_wake_only_those_of_their_own_process() -> None:
    together = {job.name: job.wakes for job in build_platform(settings_with()).jobs()}
    apart = {job.name: job.wakes for job in build_platform(settings_with(), ["payment"]).jobs()}
    assert together["payment.relay_outbox"] == ("order.relay_outbox",)
    assert apart["payment.relay_outbox"] == ()
    assert apart["payment.process_webhooks"] == ("payment.relay_outbox",)


def test_a_command_asks_others_where_they_run_and_else_works_in_this_process() -> None:
    here = platform_beside(settings_with(LINKS_VENUE="127.0.0.1:1", LINKS_PAYMENT="127.0.0.1:2"), "payment")
    assert set(here.containers) == set(SERVICES) - {"venue"}
    assert set(platform_beside(settings_with(), "payment").containers) == set(SERVICES)


async def test_what_is_served_here_is_not_asked_elsewhere() -> None:
    platform = build_platform(settings_with(LINKS_AUTH="127.0.0.1:1"), ["ticket"])
    assert TokenVerifier not in platform.links.served_by
    assert {SERVED_BY[api] for api in platform.links.served_by} == {"ticket"}
    await platform.close()


def test_a_process_is_given_no_secret_of_a_service_that_is_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRSEAT_VENUE_DATABASE_URL", "postgresql://of-whoever-starts-it")
    every = {name: f"value of {name}" for name, _, _, _ in variables()}
    ports = {name: Ports(http=7000 + number, links=8000 + number) for number, name in enumerate(SERVICES)}
    programs = {
        each.name: each.environment for each in programs_of(Path("split"), every, ports, host="127.0.0.1", port=9000)
    }
    for service in SERVICES:
        given = {name.removeprefix(PREFIX) for name in programs[service] if name.startswith(PREFIX)}
        own = {name for name, services in NEEDED_BY.items() if service in services}
        assert given & NEEDED_BY.keys() == own, service
        assert "STRIPE_CONNECT" in given, "what is no secret is for all"
        assert programs[service]["FAIRSEAT_LINKS_PORT"] == str(ports[service].links)
    gateway = programs["gateway"]
    shown = {name for name, services in NEEDED_BY.items() if "gateway" in services}
    assert {name.removeprefix(PREFIX) for name in gateway} & NEEDED_BY.keys() == shown
    assert gateway["FAIRSEAT_GATEWAY_ORDER"] == f"http://127.0.0.1:{ports['order'].http}"
