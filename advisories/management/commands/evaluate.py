"""`manage.py evaluate RELEASE [MODE] ...`: the evaluation of a box; saves nothing (design 9)."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from advisories.deployments import (
    NOT_KNOWN,
    OLDER_ONE,
    DeploymentError,
    build_deployment,
    shown,
)
from advisories.evaluation import as_csv, as_table, evaluate

NEW, UPGRADE = "new", "upgrade"
ON_COMMAND_LINE = {OLDER_ONE: UPGRADE}


class Command(BaseCommand):
    help = "Print which advisories hit a box, and why. Nothing is saved."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("release", metavar="RELEASE", help="slug of a release")
        parser.add_argument(
            "mode",
            metavar="MODE",
            nargs="?",
            help="slug of a deployment mode, or unknown; left out where the product has no modes",
        )
        parser.add_argument(
            "--install",
            metavar="new|upgrade|unknown|RELEASE",
            default=NOT_KNOWN,
            help="the release the box was first installed with: this one (new), one older than"
            " every fix (upgrade), not known (the default), or a release",
        )
        for answer in ("yes", "no"):
            parser.add_argument(
                f"--{answer}",
                metavar="CONDITION",
                nargs="+",
                action="extend",
                default=[],
                help=f"conditions answered with {answer}",
            )
        parser.add_argument("--format", choices=["json", "csv", "table"], default="table")

    def handle(self, *args: Any, **options: Any) -> None:
        yes, no = set(options["yes"]), set(options["no"])
        if both := sorted(yes & no):
            raise CommandError(
                _("Answered with yes and with no: %(conditions)s. Keep one of them.")
                % {"conditions": ", ".join(map(shown, both))}
            )
        install = UPGRADE if options["install"] == OLDER_ONE else options["install"]
        lineage = {NEW: options["release"], UPGRADE: OLDER_ONE}.get(install, install)
        answers = {slug: slug in yes for slug in sorted(yes | no)}
        try:
            release, deployment = build_deployment(
                release=options["release"],
                mode=options["mode"],
                installed_with=lineage,
                answers=answers,
            )
        except DeploymentError as error:
            raise CommandError(_with_choices(error)) from None
        counts, items = evaluate(deployment)
        if options["format"] == "csv":
            self.stdout.write(as_csv(items), ending="")
        elif options["format"] == "table":
            self.stdout.write(as_table(counts, items), ending="")
        else:
            document = {
                "release": release.slug,
                "mode": options["mode"],
                "install": install,
                "conditions": {slug: "yes" if said else "no" for slug, said in answers.items()},
                "counts": counts,
                "items": items,
            }
            self.stdout.write(json.dumps(document, indent=2))


def _with_choices(error: DeploymentError) -> str:
    """The message, and below it a line per slug that would do, with its name and note."""
    said = [(ON_COMMAND_LINE.get(choice.slug, choice.slug), choice) for choice in error.choices]
    width = max((len(slug) for slug, _choice in said), default=0)
    lines = [
        f"  {slug:<{width}}  {choice.name}" + (f" – {choice.note}" if choice.note else "")
        for slug, choice in said
    ]
    return "\n".join([str(error), *lines])
