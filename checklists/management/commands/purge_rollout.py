"""Remove a rollout whose retention has ended; a line about it stays (design section 5)."""

from argparse import ArgumentParser
from getpass import getuser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from checklists import actions
from checklists.models import Checklist, Edition, Rollout


class Command(BaseCommand):
    help = (
        "Remove a rollout with all its checklists, events, editions, signatures and files. What"
        " stays is one line: its identifier, digests, when, who and why."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("uuid", metavar="UUID")
        parser.add_argument("--reason", required=True, metavar="TEXT")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rollout: Rollout = Rollout.objects.get(pk=UUID(options["uuid"]))
        except ValueError as error:
            raise CommandError(
                f"{options['uuid']} is no identifier of a rollout (a UUID)."
            ) from error
        except Rollout.DoesNotExist as error:
            raise CommandError(f"There is no rollout {options['uuid']}.") from error
        if not options["yes"]:
            self._ask(rollout)
        try:
            line = actions.purge(rollout_id=rollout.pk, reason=options["reason"], by=_who())
        except actions.Refused as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            f"Removed: {rollout}. The line about it: {line.purged_at:%Y-%m-%d} {line}"
        )

    def _ask(self, rollout: Rollout) -> None:
        checklists = Checklist.objects.filter(rollout=rollout).count()
        issued = Edition.objects.filter(checklist__rollout=rollout, issued_at__isnull=False).count()
        self.stdout.write(
            f"{rollout}: {checklists} checklists, {issued} issued editions. They cannot be brought"
            " back, and their files are removed too."
        )
        try:
            answer = input("Remove them? Type yes: ")
        except EOFError:
            answer = ""
        if answer.strip().lower() != "yes":
            raise CommandError("Nothing was removed.")


def _who() -> str:
    try:
        return f"{getuser()} (command line)"
    except (OSError, KeyError):  # no name for this user on this system
        return "command line"
