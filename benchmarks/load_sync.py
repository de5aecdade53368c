"""Operations that devices send, recorded by the portal as production serves it, over loopback:
sessions, tokens of forms and commits that wait for the disk are all there.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connections
from django.test import Client

from checklists.models import Checklist
from portal.models import User

DEVICES = 8


@contextlib.contextmanager
def portal() -> Iterator[int]:
    """The portal in granian, with as many workers as `manage.py serve` starts here; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    workers = max(2, min(4, os.cpu_count() or 1))
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", str(workers), "--blocking-threads", "4", "--no-ws"]
    connections.close_all()  # SQLite's file belongs to the workers now
    server = subprocess.Popen(
        [*command, "portal.wsgi:application"],
        env=os.environ | {"ALLOWED_HOSTS": "127.0.0.1"},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, port)
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    while server.poll() is None:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
            connection.request("GET", "/healthz")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The portal did not start.")


@dataclass
class Device:
    """One person's device: sends one decision after the other on an item of its own, each after
    the answer to the one before."""

    port: int
    session: str
    checklist: Checklist
    item: str
    count: int
    times: list[float] = field(default_factory=list)

    def run(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.cookies = f"{settings.SESSION_COOKIE_NAME}={self.session}"
        response, told = self.ask("GET", "/session/")
        token = response.getheader("Set-Cookie", "").split(";")[0]
        if token:
            self.cookies += f"; {token}"
        headers = {"X-CSRFToken": told["csrf"], "Content-Type": "application/json"}
        address, device = f"{self.checklist.get_absolute_url()}sync/", str(uuid.uuid4())
        for version in range(self.count):
            operation = {
                "schema": 1,
                "op_id": str(uuid.uuid4()),
                "kind": "decision",
                "payload": {
                    "item": self.item,
                    "decision": {"decision": "done", "note": str(version)},
                },
                "base_version": version,
            }
            body = json.dumps({"device": device, "unsent": 1, "operations": [operation]})
            start = time.perf_counter()
            response, told = self.ask("POST", address, body, headers)
            self.times.append((time.perf_counter() - start) * 1000)
            assert told["answers"][0]["outcome"] == "applied", told

    def ask(self, method: str, address: str, body: Any = None, headers: Any = None) -> Any:
        self.connection.request(
            method,
            address,
            body,
            {"Cookie": self.cookies, "Accept": "application/json"} | (headers or {}),
        )
        response = self.connection.getresponse()
        return response, json.loads(response.read())


def measure(checklists: list[Checklist], user: User, operations: int) -> tuple[float, float]:
    """(operations a second, 95th percentile in milliseconds) of DEVICES devices that send at the
    same time, each on an item of its own, on the checklists in turn; `operations` in all."""
    places = [
        (checklists[n % len(checklists)], n // len(checklists))
        for n in range(max(DEVICES, len(checklists)))
    ]
    work = []
    for checklist, position in places:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        item = checklist.items.order_by("position")[position].tracking_id
        work.append((session, checklist, item, operations // len(places)))
    with portal() as port:
        devices = [Device(port, *given) for given in work]
        queue = iter(devices)
        taking = threading.Lock()

        def drain() -> None:
            while True:
                with taking:
                    device = next(queue, None)
                if device is None:
                    return
                device.run()

        threads = [threading.Thread(target=drain) for _ in range(DEVICES)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = time.perf_counter() - start
    times = sorted(each for device in devices for each in device.times)
    expected = operations // len(places) * len(places)
    assert len(times) == expected, "some devices were not answered"
    return expected / seconds, times[len(times) * 95 // 100]
