"""The portal in a process of its own, on this test's database, to be killed and started again."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


class PortalProcess:
    """`start()` and `kill()` as often as a test likes; always on the same port."""

    def __init__(self, database_url, static_root):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "STATIC_ROOT_OF_TESTS": str(static_root),
            "DJANGO_SETTINGS_MODULE": "tests.support.process_settings",
        }
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "tests.support.portal_process", "serve", str(self.port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, start_new_session=True
        )
        while self.process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=30):
                    return self
            except OSError:
                continue
        raise AssertionError("The portal did not start")

    def run(self, function):
        """What a function of this module says, called in a process on the portal's database."""
        command = [sys.executable, "-m", "tests.support.portal_process", function]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE
        )
        return json.loads(done.stdout)

    def kill(self):
        """As the power does: nothing is finished, nothing is written."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def database_url(connection):
    """The address of the database that this test uses."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    user = settings["USER"] + (f":{settings['PASSWORD']}" if settings["PASSWORD"] else "")
    host = settings["HOST"] or "localhost"
    return f"postgres://{user}@{host}:{settings['PORT'] or 5432}/{settings['NAME']}"


def serve(port):
    from django.core.handlers.wsgi import WSGIHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    import portal.wsgi  # noqa: F401  (sets Django up)

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_arguments):
            pass

    server = ThreadedWSGIServer(("127.0.0.1", port), Quiet)
    server.set_app(WSGIHandler())
    server.serve_forever()


def prepare():
    """An empty database becomes one with a checklist: its UUID, and a session of its engineer."""
    from django.core.management import call_command
    from django.test import Client

    from tests.support.rollouts import Scene

    call_command("migrate", verbosity=0)
    scene, client = Scene(), Client()
    client.force_login(scene.omar)
    return {"checklist": str(scene.id), "session": client.session.session_key}


def recorded():
    """Every decision's op_id, in the order of the events, and what the verification finds."""
    from checklists.models import Checklist, Event
    from checklists.verification import findings

    events = Event.objects.filter(kind="decision").order_by("checklist", "seq")
    found = [str(finding) for each in Checklist.objects.all() for finding in findings(each)]
    return {"decisions": [str(event.op_id) for event in events], "findings": found}


if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(int(sys.argv[2]))
    else:
        import django

        django.setup()
        print(json.dumps({"prepare": prepare, "recorded": recorded}[sys.argv[1]]()))
