"""What the tests need from the system: a browser, poppler, Java with JAXB.

Looks first; installs Debian's packages when it is root with apt, and Playwright's own Chromium
where the machine has no other.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support import machine

JDKS = ["openjdk-17-jdk-headless", "openjdk-21-jdk-headless", "default-jdk-headless"]


def prepare() -> list[str]:
    """Get what is missing. Returns what could not be got, in words; empty when all is there."""
    if can_install() and (packages := debian_packages()):
        install(packages)
    missing = []
    if not machine.chromium() and not playwright_chromium():
        missing.append("a browser: set CHROMIUM to a Chromium or Chrome")
    if tools := machine.missing_poppler():
        missing.append(f"{', '.join(tools)}: install poppler-utils")
    if lacks := machine.missing_for_validator():
        missing.append(f"the PDF validator: it needs {lacks}")
    return missing


def can_install() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get") is not None


def debian_packages() -> list[str]:
    wanted = []
    # Ubuntu's package of that name is an empty one that points to a snap.
    if not machine.chromium() and "ID=debian" in os_release():
        wanted.append("chromium")
    if machine.missing_poppler():
        wanted.append("poppler-utils")
    if machine.missing_for_validator():
        wanted.append("libjaxb-java")
        if machine.java("javac") is None:
            wanted.append("a JDK")
    return wanted


def os_release() -> list[str]:
    path = Path("/etc/os-release")
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def install(packages: list[str]) -> None:
    """Install Debian's packages; a failure is told and the run goes on with what there is."""
    print(f"Installing from the system's packages: {', '.join(packages)}", flush=True)
    subprocess.run(["apt-get", "update", "-qq"], check=False)
    names = [first_jdk() if name == "a JDK" else name for name in packages]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        print(f"{done.stdout}\n{' '.join(command)} failed", flush=True)


def first_jdk() -> str:
    """The first of JDKS that this release of the system has."""
    for name in JDKS:
        known = subprocess.run(["apt-cache", "show", name], capture_output=True)
        if known.returncode == 0:
            return name
    return JDKS[-1]


def playwright_chromium() -> bool:
    """Whether Playwright has a Chromium of its own; downloads it when not."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    if can_install():
        command.insert(-1, "--with-deps")
    return subprocess.run(command).returncode == 0
