"""The portal in a process of its own, on this test's database, to be killed and started again."""

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
        command = [sys.executable, "-m", "tests.support.portal_process", str(self.port)]
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


if __name__ == "__main__":
    serve(int(sys.argv[1]))
