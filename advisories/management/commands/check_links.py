"""`manage.py check_links`: follow the links of published advisories, keep what they answer."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from advisories.link_actions import current_links, keep
from advisories.links import Answer, Follower, Manners, by_turns
from advisories.models import LinkCheck

AT_ONCE = 4
NO_NETWORK = 2  # exit status


class Command(BaseCommand):
    help = (
        "Follow the links of the published advisories and keep what they answer: for the health"
        " page in the admin. One request at a time for each host. Without a network nothing is"
        " changed, and the exit status is 2."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--timeout", type=float, default=Manners.timeout, help="seconds for each request"
        )
        parser.add_argument(
            "--delay",
            type=float,
            default=Manners.delay,
            help="seconds between two requests to one host",
        )
        parser.add_argument(
            "--allow-private",
            action="store_true",
            help="also reach addresses that are not public, such as a server of your own",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        links = current_links()
        contact = f" (+{settings.PUBLIC_URL})" if settings.PUBLIC_URL else ""
        manners = Manners(
            timeout=options["timeout"],
            delay=options["delay"],
            allow_private=options["allow_private"],
            agent=Manners.agent + contact,
        )
        found = self._check(links, Follower(manners))
        for url, answer in sorted(found):
            if answer.state != LinkCheck.State.OK:
                code = f" ({answer.http_code})" if answer.http_code else ""
                self.stdout.write(f"{answer.state.label}{code}: {url}")
        counts = Counter(answer.state for _url, answer in found)
        total = ", ".join(f"{state.label} {n}" for state, n in counts.items())
        self.stdout.write(_("Links checked: %(n)s. %(total)s") % {"n": len(found), "total": total})

    def _check(self, links: list[str], follower: Follower) -> list[tuple[str, Answer]]:
        """Follow all, keeping answers as they come, but none before the first that shows that
        there is a network: else every link would look dead."""
        found: list[tuple[str, Answer]] = []
        kept = 0
        reached = False
        with ThreadPoolExecutor(AT_ONCE) as workers:
            pending = {workers.submit(follower.follow, url): url for url in by_turns(links)}
            for done in as_completed(pending):
                found.append((pending[done], done.result()))
                reached = reached or found[-1][1].reached
                if reached:
                    keep(found[kept:], timezone.now())
                    kept = len(found)
        if links and not reached:
            message = _(
                "No network: the name of none of the %(n)s links could be resolved. Nothing was"
                " changed."
            )
            raise CommandError(message % {"n": len(links)}, returncode=NO_NETWORK)
        return found
