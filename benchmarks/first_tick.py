"""How long a person waits for the first tick of a checklist at a quarter of the CPU's speed, in a
browser that knows nothing of the portal yet.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from statistics import median
from urllib.request import urlopen

from playwright.sync_api import Browser, sync_playwright

from tests.support.browser import launch

SLOWER = 4
# Answers when the page's scripts have taken over its forms, and the first item's is in sight.
READY = """() => new Promise((resolve) => {
  const look = () => {
    const device = document.getElementById("device");
    if (!device || device.hidden) return requestAnimationFrame(look);
    document.querySelector(".item").scrollIntoView();
    if (!document.querySelector(".item form.work")) return requestAnimationFrame(look);
    return resolve(performance.now());
  };
  look();
})"""
# From the click until the page says "saved on this device", or more than that.
TICK = """() => new Promise((resolve) => {
  const form = document.querySelector(".item form.work");
  const clicked = performance.now();
  new MutationObserver((_changes, observer) => {
    if (!form.querySelector(".saved").textContent) return;
    observer.disconnect();
    resolve(performance.now() - clicked);
  }).observe(form, { childList: true, characterData: true, subtree: true });
  form.querySelector("input[type=radio][value=done]").click();
  form.requestSubmit();
})"""


@contextlib.contextmanager
def portal() -> Iterator[str]:
    """The portal as production serves it, in a process of its own; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--blocking-threads", "4", "--no-ws", "portal.wsgi:application"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(
        command, env=os.environ | {"ALLOWED_HOSTS": "127.0.0.1"}, start_new_session=True, **quiet
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while server.poll() is None:
            with contextlib.suppress(OSError), urlopen(f"{url}/healthz", timeout=30):  # noqa: S310
                break
        yield url
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def measure(path: str, session: str, rounds: int) -> tuple[float, float]:
    """Milliseconds, medians of `rounds`: from asking for the page until it takes a tick, and from
    the tick until it is on the device's disk. `session` is the key of somebody's session."""
    with portal() as url, sync_playwright() as playwright:
        browser = launch(playwright)
        found = [_first_tick(browser, url, path, session) for _ in range(rounds)]
    return median(ready for ready, _ in found), median(kept for _, kept in found)


def _first_tick(browser: Browser, url: str, path: str, session: str) -> tuple[float, float]:
    context = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(120_000)
    context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
    page = context.new_page()
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url + path, wait_until="commit")
    ready, kept = page.evaluate(READY), page.evaluate(TICK)
    context.close()
    return ready, kept
