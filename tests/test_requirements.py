"""What .in files ask for is what .txt files pin (how to compile them: docs/development.md)."""

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
FILES = ["requirements", "requirements-pades", "requirements-dev"]
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def asked_for(name):
    """{package: its line} of an .in file, the lines of options left out."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    lines = [line for line in lines if line and not line.startswith(("#", "-"))]
    return {
        canonicalize_name(Requirement(line.partition("#")[0].strip()).name): line for line in lines
    }


def pinned(name):
    """{package: version} of a .txt file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {canonicalize_name(package): version for package, version in PIN.findall(text)}


@pytest.mark.parametrize("name", FILES)
def test_every_package_asked_for_is_pinned_within_its_limits(name):
    pins = pinned(f"{name}.txt")

    for package, line in asked_for(f"{name}.in").items():
        assert package in pins, f"{package}: compile {name}.txt again"
        limits = Requirement(line.partition("#")[0].strip()).specifier
        assert limits.contains(pins[package]), f"{package}: compile {name}.txt again"


@pytest.mark.parametrize("name", [f"{name}.in" for name in FILES])
def test_every_package_says_why_it_is_there(name):
    for package, line in asked_for(name).items():
        assert line.partition("#")[2].strip(), package


@pytest.mark.parametrize("name", [f"{name}.txt" for name in FILES])
def test_every_pin_has_hashes(name):
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")

    for line in filter(PIN.match, text.splitlines()):
        assert "--hash=sha256:" in line, line


def test_development_uses_the_very_versions_of_production():
    development = pinned("requirements-dev.txt")

    assert {package: development.get(package) for package in pinned("requirements.txt")} == pinned(
        "requirements.txt"
    )
