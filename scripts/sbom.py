"""Write the bill of materials (CycloneDX) of a release: what a server installs, and what is in the web page.

The Python side is what this environment has installed of blocklight's dependencies, in the versions that
``requirements.lock`` decides. The web side is ``licences.json`` of the built page.
"""

import sys
import uuid
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "src" / "blocklight" / "assets" / "licences.json"
FOLDER = ROOT / "dist"
_NAME = "blocklight"


def needed_by(name: str, extras: frozenset[str] = frozenset()) -> Iterator[Requirement]:
    """Yield what an installed distribution needs on this machine, with these of its extras."""
    for text in metadata.requires(name) or ():
        requirement = Requirement(text)
        environments = [{"extra": extra} for extra in extras or {""}]
        if requirement.marker is None or any(map(requirement.marker.evaluate, environments)):
            yield requirement


def installed() -> dict[str, set[str]]:
    """Return every distribution that blocklight needs, with the names of what it needs itself."""
    needs: dict[str, set[str]] = {}
    waiting: list[tuple[str, frozenset[str]]] = [(_NAME, frozenset())]
    done = set()
    while waiting:
        name, extras = key = waiting.pop()
        if key in done:
            continue
        done.add(key)
        for requirement in needed_by(name, extras):
            other = canonicalize_name(requirement.name)
            needs.setdefault(name, set()).add(other)
            waiting.append((other, frozenset(requirement.extras)))
        needs.setdefault(name, set())
    return needs


def python_component(name: str) -> dict[str, Any]:
    """Describe an installed distribution."""
    about = metadata.metadata(name)
    said = next((about[key] for key in ("License-Expression", "License") if key in about), "")
    classifiers = [text for text in about.get_all("Classifier") or () if text.startswith("License :: ")]
    if not said or "\n" in said:  # some put the whole text there
        said = classifiers[0].rpartition(" :: ")[2] if classifiers else "see the distribution"
    version = metadata.version(name)
    return _component(name, version, said, f"pkg:pypi/{canonicalize_name(name)}@{version}")


def web_component(package: dict[str, str]) -> dict[str, Any]:
    """Describe an npm package of the page."""
    name, version = package["name"], package["version"]
    return _component(name, version, package["licence"], f"pkg:npm/{quote(name)}@{version}")


def _component(name: str, version: str, licence: str, purl: str) -> dict[str, Any]:
    try:
        licences: dict[str, Any] = {"expression": str(canonicalize_license_expression(licence))}
    except InvalidLicenseExpression:  # no SPDX expression, but what people understand
        licences = {"license": {"name": licence.strip()}}
    named = {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}
    return {**named, "licenses": [licences]}


def bill() -> dict[str, Any]:
    """Return the document (CycloneDX 1.6); the same for the same versions."""
    needs = installed()
    python = {name: python_component(name) for name in sorted(needs)}
    web = [web_component(package) for package in orjson.loads(PAGE.read_bytes())]
    ours = python.pop(_NAME) | {"type": "application"}
    reference = {name: component["bom-ref"] for name, component in {**python, _NAME: ours}.items()}
    depends = {
        reference[name]: sorted(reference[other] for other in others) for name, others in needs.items()
    }
    depends[ours["bom-ref"]] += [component["bom-ref"] for component in web]
    contents = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": ours},
        "components": [*python.values(), *web],
        "dependencies": [{"ref": ref, "dependsOn": others} for ref, others in sorted(depends.items())],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, orjson.dumps(contents).decode())
    return contents | {"serialNumber": f"urn:uuid:{serial}"}


def main() -> int:
    """Write the bill into ``dist/``, beside the wheel."""
    if not PAGE.is_file():
        sys.stderr.write("the web page is not built; run: make setup-web\n")
        return 1
    target = FOLDER / f"{_NAME}-{metadata.version(_NAME)}.cdx.json"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(orjson.dumps(bill(), option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.write(f"{target.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
