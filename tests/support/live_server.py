"""The portal on a free port, as production serves it: through the middleware, nothing around it."""

from django.core.handlers.wsgi import WSGIHandler
from django.test.testcases import LiveServerThread
from django.test.utils import modify_settings
from pytest_django.live_server_helper import LiveServer


class PortalServer(LiveServer):
    """pytest-django's live server without its handlers for static and media files.

    WhiteNoise has to answer for the hashed names of static files, and Django's media handler
    would hand out everything under MEDIA_ROOT to anybody.
    """

    def __init__(self) -> None:
        self.thread = LiveServerThread(
            "127.0.0.1", static_handler=lambda _: WSGIHandler(), connections_override={}
        )
        self.thread.daemon = True
        self._live_server_modified_settings = modify_settings(ALLOWED_HOSTS={"append": "127.0.0.1"})
        self.start()
