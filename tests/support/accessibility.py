"""What axe finds on a page, and what a ruler does."""

from dataclasses import dataclass, field

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.support.browser import Faults

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDE, NARROW = 1280, 320
# What axe leaves to a person to decide; a person has looked at these.
LOOKED_AT = {
    "color-contrast",  # text below the fold of a scrolled part; the admin's icons are backgrounds
    "th-has-data-cells",  # the admin's tables of links have nothing but heads of rows
}
RUN = """tags => axe.run({
  runOnly: tags, resultTypes: ["violations", "incomplete"], preload: false,
})"""
# Beside a wide list the filters stand open whatever their fold says; axe reads the fold.
UNFOLD = "document.querySelectorAll('details').forEach(each => { each.open = true })"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@dataclass
class Reader:
    """A browser whose every page is looked at, wide and narrow; `problems` is what was wrong."""

    page: Page
    faults: Faults
    problems: list[str] = field(default_factory=list)

    def visit(self, path: str, status: int = 200) -> None:
        self.page.set_viewport_size({"width": WIDE, "height": 900})
        answer = self.page.goto(path)
        if answer.status != status:
            self.problems.append(f"{path}: status {answer.status}, not {status}")
        self.look()

    def look(self) -> None:
        """Look at the page as it is now. axe writes inline styles, which the CSP reports: what the
        page itself did wrong is collected before."""
        where = f"{self.page.title()} {self.page.url}"
        self.problems += [f"{where}: {one}" for one in str(self.faults).splitlines()]
        self.page.evaluate(UNFOLD)
        self.page.evaluate(AXE_SCRIPT)
        for width in (WIDE, NARROW):
            self.page.set_viewport_size({"width": width, "height": 900})
            self.problems += [f"{where} ({width}): {one}" for one in self._found()]
        self.faults.clear()

    def _found(self) -> list[str]:
        result = self.page.evaluate(RUN, TAGS)
        undecided = [each for each in result["incomplete"] if each["id"] not in LOOKED_AT]
        found = [_line(rule) for rule in (*result["violations"], *undecided)]
        if beyond := self.page.evaluate(SIDEWAYS):
            found.append(f"scrolls sideways by {beyond} px")
        return found


def _line(rule: dict) -> str:
    """The rule, how often, and its first place with axe's words."""
    node = rule["nodes"][0]
    checks = [*node["any"], *node["all"], *node["none"]]
    said = "; ".join(check["message"] for check in checks)
    return f"{rule['id']} x{len(rule['nodes'])}: {node['html'][:200]} - {said}"
