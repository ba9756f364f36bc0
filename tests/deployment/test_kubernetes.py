"""The manifests: every service runs, without rights, with its own secrets, and finds the others."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.deployment.kustomized import Document, built, containers, documents, matches, of_kind
from tests.deployment.variables import (
    ON_POSTGRESQL,
    SERVED,
    SERVICES,
    given_to,
    is_secret,
    misplaced,
    unknown,
)

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
SERVING = built(FOLDER)
MIGRATING = built(FOLDER / "migrate")
DEPLOYMENTS = of_kind(SERVING, "Deployment")
JOBS = of_kind(MIGRATING, "Job")
SERVICES_OF_KUBERNETES = of_kind(SERVING, "Service")
PATHS = set(json.loads((ROOT / "docs" / "openapi.json").read_text())["paths"])
WORKLOADS = {**DEPLOYMENTS, **JOBS}
every_workload = pytest.mark.parametrize("name", WORKLOADS)
every_deployment = pytest.mark.parametrize("name", DEPLOYMENTS)


def pod_of(name: str) -> Document:
    """Return what the pods of a Deployment or Job are like."""
    found: Document = WORKLOADS[name]["spec"]["template"]
    return found


def container_of(name: str) -> Document:
    """Return the one container of it."""
    (only,) = containers(WORKLOADS[name])
    return only


def settings_of(name: str) -> dict[str, Any]:
    """Return the settings that it is given in clear."""
    shared = [one["configMapRef"]["name"] for one in container_of(name).get("envFrom", [])]
    maps = of_kind(SERVING, "ConfigMap")
    merged = {key: value for one in shared for key, value in maps[one]["data"].items()}
    return merged | {one["name"]: one["value"] for one in container_of(name).get("env", []) if "value" in one}


def test_every_service_serves_and_works() -> None:
    commands = {name: container_of(name)["args"] for name in DEPLOYMENTS}
    assert commands == {
        "gateway": ["gateway"],
        **{name: ["serve", "--services", name] for name in SERVED},
        **{f"{name}-worker": ["worker", "--services", name] for name in SERVICES},
    }
    assert [container_of(name)["args"] for name in JOBS] == [["migrate"]]


@every_workload
def test_a_process_has_no_rights(name: str) -> None:
    pod, container = pod_of(name)["spec"], container_of(name)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


@every_workload
def test_a_process_has_its_share_and_an_image_that_stays(name: str) -> None:
    container = container_of(name)
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]
    assert re.fullmatch(r"[\w./-]+:\d[\w.-]*", container["image"])


@every_workload
def test_a_process_is_given_its_own_secrets_by_reference(name: str) -> None:
    container = container_of(name)
    assert unknown(given_to(container) | set(settings_of(name))) == set()
    assert [setting for setting in settings_of(name) if is_secret(setting)] == []
    if name in JOBS:
        assert given_to(container) == {
            f"FAIRSEAT_{each.upper()}_DATABASE_{url}"
            for each in ON_POSTGRESQL
            for url in ("URL", "RELAY_URL", "ADMIN_URL")
        }
    else:
        assert misplaced(pod_of(name)["metadata"]["labels"]["fairseat/service"], given_to(container)) == set()


def test_the_example_lists_the_secrets_that_are_referred_to() -> None:
    wanted: dict[str, set[str]] = {}
    for name in WORKLOADS:
        for one in container_of(name).get("env", []):
            if "valueFrom" in one:
                reference = one["valueFrom"]["secretKeyRef"]
                wanted.setdefault(reference["name"], set()).add(reference["key"])
    listed = {one["metadata"]["name"]: set(one["stringData"]) for one in documents(FOLDER / "secrets.example.yaml")}
    assert listed == wanted


@every_deployment
def test_what_serves_is_asked_how_it_is(name: str) -> None:
    container = container_of(name)
    probes = {probe: container[probe]["httpGet"] for probe in container if probe.endswith("Probe")}
    if name.endswith("-worker"):
        assert probes == {}, "a worker answers nobody"
        return
    assert set(probes) == {"startupProbe", "livenessProbe", "readinessProbe"}
    assert {asked["path"] for asked in probes.values()} <= PATHS
    assert probes["livenessProbe"]["path"] == "/health/live", "a database that is away is mended by no new process"
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert {asked["port"] for asked in probes.values()} <= set(ports)
    listens = settings_of(name)["FAIRSEAT_GATEWAY_PORT" if name == "gateway" else "FAIRSEAT_HTTP_PORT"]
    assert ports["http"] == int(listens)


@every_deployment
def test_a_deployment_selects_its_own_pods(name: str) -> None:
    wanted = DEPLOYMENTS[name]["spec"]["selector"]
    assert [other for other in DEPLOYMENTS if matches(wanted, pod_of(other)["metadata"]["labels"])] == [name]


def test_a_service_leads_to_a_port_of_one_deployment() -> None:
    for name, one in SERVICES_OF_KUBERNETES.items():
        labels = {"matchLabels": one["spec"]["selector"]}
        (found,) = [other for other in DEPLOYMENTS if matches(labels, pod_of(other)["metadata"]["labels"])]
        ports = {port["name"] for port in container_of(found)["ports"]}
        assert {port["targetPort"] for port in one["spec"]["ports"]} <= ports, name


def test_addresses_lead_to_services() -> None:
    for name in DEPLOYMENTS:
        for variable, value in settings_of(name).items():
            if re.fullmatch(r"FAIRSEAT_(LINKS|GATEWAY)_[A-Z]+", variable) and ":" in value:
                address = urlsplit(value if "://" in value else f"//{value}")
                service = SERVICES_OF_KUBERNETES[str(address.hostname)]
                assert variable.rpartition("_")[2].lower() == service["metadata"]["labels"]["fairseat/service"]
                assert address.port in {port["port"] for port in service["spec"]["ports"]}, f"{name}: {variable}"


def test_everything_can_be_moved_and_grows() -> None:
    scaled = of_kind(SERVING, "HorizontalPodAutoscaler")
    assert set(scaled) == {"gateway", *SERVED}
    for name, one in scaled.items():
        assert one["spec"]["scaleTargetRef"]["name"] == name
        assert "replicas" not in DEPLOYMENTS[name]["spec"], "the autoscaler says how many"
        assert 2 <= one["spec"]["minReplicas"] < one["spec"]["maxReplicas"]
    budgets = of_kind(SERVING, "PodDisruptionBudget")
    assert set(budgets) == set(DEPLOYMENTS)
    for name, one in budgets.items():
        assert matches(one["spec"]["selector"], pod_of(name)["metadata"]["labels"])
        assert one["spec"]["maxUnavailable"] == 1


def test_nobody_speaks_to_anybody_unless_it_is_said() -> None:
    policies = of_kind(SERVING, "NetworkPolicy")
    closed = policies.pop("nothing-else")["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    pods = [pod_of(name)["metadata"]["labels"] for name in WORKLOADS]
    for name, one in policies.items():
        assert any(matches(one["spec"]["podSelector"], labels) for labels in pods), f"{name} is about nobody"
    reaching = {
        port: {
            service
            for one in policies.values()
            for rule in one["spec"].get("egress", [])
            if "to" not in rule and port in {each["port"] for each in rule["ports"]}
            for service in (*SERVICES, "gateway")
            for labels in (pod_of(service if service in DEPLOYMENTS else f"{service}-worker")["metadata"]["labels"],)
            if matches(one["spec"]["podSelector"], labels)
        }
        for port in (5432, 27017, 6379, 5672)
    }
    assert reaching == {
        5432: set(ON_POSTGRESQL),
        27017: {"ticket", "content"},
        6379: {"auth", "venue", "payment", "expiration", "gateway"},
        5672: set(SERVICES),
    }
