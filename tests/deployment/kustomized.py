"""What `kubectl kustomize` makes of our manifests, as far as ours go: resources, patches, images, settings."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

type Document = dict[str, Any]

# How Kubernetes tells the members of a list apart when one is merged into another; other lists are replaced.
_MERGE_KEYS = {
    "containers": "name",
    "env": "name",
    "volumes": "name",
    "ports": "containerPort",
    "volumeMounts": "mountPath",
    "topologySpreadConstraints": "topologyKey",
}
_KNOWN = {"apiVersion", "kind", "namespace", "images", "resources", "patches", "configMapGenerator"}


def built(folder: Path) -> list[Document]:
    """Return every object of a kustomization."""
    plan: Document = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(plan) <= _KNOWN, "kustomize would do more than these tests see"
    objects = [found for name in plan["resources"] for found in documents(folder / name)]
    objects += [_config_map(folder, made) for made in plan.get("configMapGenerator", [])]
    for patch in plan.get("patches", []):
        (change,) = documents(folder / patch["path"])
        change = {name: value for name, value in change.items() if name not in ("apiVersion", "kind", "metadata")}
        chosen = [one for one in objects if _is_target(one, patch["target"])]
        assert chosen, f"{patch['path']} changes nothing"
        for one in chosen:
            one.update(_merged(one, change))
    images = {image["name"]: f"{image['newName']}:{image['newTag']}" for image in plan["images"]}
    for one in objects:
        for container in containers(one):
            container["image"] = images.get(container["image"], container["image"])
    return objects


def documents(path: Path) -> list[Document]:
    """Return the objects of a file."""
    return list(yaml.safe_load_all(path.read_text()))


def containers(one: Document) -> list[Document]:
    """Return the containers of a Deployment or Job; of anything else there are none."""
    found = one.get("spec", {}).get("template", {}).get("spec", {}).get("containers", [])
    return list(found)


def of_kind(objects: list[Document], kind: str) -> dict[str, Document]:
    """Return the objects of a kind, by name."""
    chosen = [one for one in objects if one["kind"] == kind]
    names = {one["metadata"]["name"]: one for one in chosen}
    assert len(names) == len(chosen), f"two of the kind {kind} have one name"
    return names


def matches(selector: Document, labels: Document) -> bool:
    """Tell whether a label selector selects something with these labels."""
    listed = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in listed)
    return all(labels.get(name) == value for name, value in selector.get("matchLabels", {}).items()) and all(
        labels.get(each["key"]) in each["values"] for each in listed
    )


def _is_target(one: Document, target: Document) -> bool:
    labels = one["metadata"].get("labels", {})
    return one["kind"] == target["kind"] and all(_said(word, labels) for word in _words(target.get("labelSelector")))


def _words(selector: str | None) -> Iterator[str]:
    """Give the parts of a selector as it is written in a line; ours have one."""
    if selector is not None:
        assert selector.count("fairseat/") == 1, selector
        yield selector


def _said(word: str, labels: Document) -> bool:
    name, is_list, values = word.partition(" in ")
    if is_list:
        return labels.get(name) in [value.strip() for value in values.strip("()").split(",")]
    name, _, value = word.partition("=")
    return labels.get(name) == value


def _config_map(folder: Path, made: Document) -> Document:
    lines = [line for name in made["envs"] for line in (folder / name).read_text().splitlines()]
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    data = {name: value for name, _, value in pairs}
    return {"kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data}


def _merged(old: Document, change: Document) -> Document:
    return {**old, **{name: _of(name, old.get(name), value) for name, value in change.items()}}


def _of(name: str, old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return _merged(old, new)
    if not isinstance(old, list) or name not in _MERGE_KEYS:
        return new
    key = _MERGE_KEYS[name]
    changes = {each[key]: each for each in new}
    kept = [_merged(each, changes.pop(each[key], {})) for each in old]
    return [*kept, *changes.values()]
