"""compose.yaml: every service, each with its own secrets, and one door."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.topology import all_services
from tests.deployment.variables import ON_POSTGRESQL, SECRETS, SERVED, SERVICES, misplaced, unknown

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: part for name, part in PARTS.items() if part["image"].startswith("fairseat:")}
THEIRS = {name: part for name, part in PARTS.items() if name not in OURS}


def test_every_service_serves_and_works() -> None:
    assert {service.name for service in all_services()} == set(SERVICES)
    for service in SERVED:
        assert PARTS[service]["command"] == ["serve", "--services", service]
    for service in SERVICES:
        assert PARTS[f"{service}-worker"]["command"] == ["worker", "--services", service]
    assert set(OURS) == {"gateway", "migrate", *SERVED, *(f"{service}-worker" for service in SERVICES)}


@pytest.mark.parametrize("name", OURS)
def test_a_service_is_given_its_own_secrets_and_settings_that_are_there(name: str) -> None:
    given = set(OURS[name]["environment"])
    assert unknown(given) == set()
    if name == "migrate":
        assert given == {secret for secret in SECRETS if re.search(r"DATABASE_(RELAY_|ADMIN_)?URL", secret)} - {
            "FAIRSEAT_TICKET_DATABASE_URL",
            "FAIRSEAT_CONTENT_DATABASE_URL",
        }
    else:
        assert misplaced(name.removesuffix("-worker"), given) == set()


@pytest.mark.parametrize("name", OURS)
def test_a_process_of_ours_has_no_rights(name: str) -> None:
    part = OURS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in part["security_opt"]
    assert not {"user", "privileged", "cap_add", "network_mode", "pid"} & set(part)
    assert part["mem_limit"]


def test_images_stay_what_they_are() -> None:
    for name, part in PARTS.items():
        tag = part["image"].rpartition(":")[2]
        assert re.match(r"\d", tag), f"{name} may be another one tomorrow"


def test_only_the_gateway_has_a_door() -> None:
    assert [name for name, part in PARTS.items() if "ports" in part] == ["gateway"]


def test_addresses_lead_to_parts() -> None:
    for name, part in OURS.items():
        for variable, value in part["environment"].items():
            if re.match(r"FAIRSEAT_(GATEWAY|LINKS)_(?!SECRET)[A-Z]+$", variable) and ":" in str(value):
                assert re.sub(r"^https?://|:\d+$", "", value) in SERVED, f"{name}: {variable}"
    for name, part in PARTS.items():
        assert set(part.get("depends_on", {})) <= set(PARTS), name


def test_what_is_waited_for_can_tell_that_it_is_well() -> None:
    for name, part in PARTS.items():
        for other, how in part.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                assert "healthcheck" in PARTS[other], f"{name} waits for {other}"
            else:
                assert PARTS[other]["restart"] == "no", f"{name} waits for the end of {other}"
    assert all("migrate" in PARTS[service]["depends_on"] for service in ON_POSTGRESQL)


def test_servers_keep_their_data() -> None:
    for name, part in THEIRS.items():
        assert part["volumes"], name
    kept = {volume.partition(":")[0] for part in PARTS.values() for volume in part.get("volumes", [])}
    assert kept == set(COMPOSE["volumes"])


def test_the_example_names_what_has_to_be_filled_in() -> None:
    listed = set(re.findall(r"^(\w+)=", (ROOT / "deploy/compose.env.example").read_text(), re.MULTILINE))
    asked = set(re.findall(r"\$\{(\w+):\?\}", TEXT))
    may = set(re.findall(r"\$\{(\w+):-", TEXT))
    assert asked <= listed
    assert listed <= asked | may
