"""What the tests find on this machine. Standard library only: tools/test.py asks too."""

import os
import shutil
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
POPPLER = ("pdftotext", "pdfinfo")
# veraPDF reads its profiles through JAXB, which left the JDK with Java 11.
JAXB_FOLDER = Path("/usr/share/java")
JAXB = ["jaxb-api", "jaxb-core", "jaxb-runtime", "istack-commons-runtime", "txw2"]
JAXB += ["javax.activation"]


def chromium() -> str | None:
    """Path of the Chromium to use: CHROMIUM, else the machine's own. None: Playwright's."""
    named = os.environ.get("CHROMIUM")
    return named or next(filter(None, map(shutil.which, BROWSERS)), None)


def java(program: str) -> str | None:
    """Path of java or javac, from JAVA_HOME where it is set."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which(program, path=f"{home}/bin") if home else shutil.which(program)


def jaxb() -> list[Path]:
    return [JAXB_FOLDER / f"{name}.jar" for name in JAXB]


def missing_for_validator() -> str:
    """What the PDF validator lacks on this machine, in words; empty when it can run."""
    if java("javac") is None:
        return "a JDK 17 or newer (JAVA_HOME, or javac on the PATH)"
    if absent := [str(jar) for jar in jaxb() if not jar.exists()]:
        return f"libjaxb ({', '.join(absent)})"
    return ""


def missing_poppler() -> list[str]:
    return [tool for tool in POPPLER if shutil.which(tool) is None]
