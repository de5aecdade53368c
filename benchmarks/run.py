"""The measurements, on the database that DATABASE_URL names. It must be a fresh one."""

import logging
import os
import sys
import uuid
from copy import copy

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.conf import settings  # noqa: E402  (Django is ready only here)
from django.contrib.auth.models import Group  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.http import QueryDict  # noqa: E402
from django.test import Client  # noqa: E402

from advisories.applicability import Deployment  # noqa: E402
from advisories.filters import AdvisoryFilter  # noqa: E402
from advisories.searching import normalise  # noqa: E402
from advisories.verdict_rows import verdict_rows  # noqa: E402
from benchmarks import (  # noqa: E402
    data,
    files,
    first_tick,
    floor_catalogue,
    floor_checklist,
    floor_evaluation,
    floor_page,
    load_sync,
    plain_orm,
)
from benchmarks.timing import HEAD, Line, compare  # noqa: E402
from checklists import actions  # noqa: E402
from checklists.content import content_of  # noqa: E402
from checklists.models import Checklist, Event, Rollout  # noqa: E402
from portal.models import User  # noqa: E402

BOX = {"release": "iwss-6.5-linux-patch-3", "mode": "forward-proxy"}
DEPLOYMENT = Deployment(
    product="iwss",
    rank=20,
    mode="forward-proxy",
    answers={"snmp": False, "virtual-machine": True},
    product_modes=frozenset(["forward-proxy", "icap", "reverse-proxy"]),
)


def evaluate() -> list[tuple[int, str, str]]:
    return verdict_rows(DEPLOYMENT)


def create(rollout: Rollout, user: User) -> Checklist:
    answers = {"snmp": "no", "virtual-machine": "yes"}
    return actions.create_checklist(
        id=uuid.uuid4(), rollout=rollout, host="proxy01", **BOX, answers=answers, by=user
    )


def evaluation(total: int, rounds: int) -> Line:
    assert evaluate() == floor_evaluation.rows(), "the floor answers something else"
    return compare(
        f"evaluation, {total:,} advisories",
        evaluate,
        floor_evaluation.rows,
        limit=2,
        rounds=rounds,
    )


def creation(rollout: Rollout, user: User, total: int, rounds: int) -> Line:
    def floor() -> None:
        reasons = {pk: (reason, verdict) for pk, verdict, reason in floor_evaluation.rows()}
        floor_checklist.create(rollout.pk, user.pk, reasons)

    like = create(rollout, user)
    return compare(
        f"creating a checklist, {total:,} items",
        lambda: create(rollout, user),
        floor,
        limit=3,
        rounds=rounds,
        orm=lambda: plain_orm.create(like, user),
    )


def decision(checklist: Checklist, user: User, rounds: int) -> Line:
    item, other = checklist.items.all()[:2]

    def ours() -> None:
        by = copy(user)  # a person as a request has one: the roles are not read yet
        by.__dict__.pop("roles", None)
        event = actions.record(
            checklist_id=checklist.pk,
            op_id=uuid.uuid4(),
            kind=Event.Kind.DECISION,
            payload={
                "item": item.tracking_id,
                "decision": {"decision": "done", "note": str(uuid.uuid4())},
            },
            base_version=item.version,
            by=by,
        )
        assert event.outcome == Event.Outcome.APPLIED
        item.version += 1

    def floor() -> None:
        floor_checklist.decide(checklist.pk, other.tracking_id, str(uuid.uuid4()), user.pk)

    def orm() -> None:
        plain_orm.decide(checklist.pk, other.tracking_id, user)

    return compare("recording a decision", ours, floor, limit=3, rounds=rounds, orm=orm)


def page(checklist: Checklist, user: User, total: int, rounds: int) -> Line:
    client = Client()
    client.force_login(user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value

    def ours() -> None:
        assert client.get(checklist.get_absolute_url()).status_code == 200

    return compare(
        f"checklist page, {total:,} items",
        ours,
        lambda: floor_page.page(checklist.pk, user.pk, session),
        limit=10,
        rounds=rounds,
        orm=lambda: plain_orm.page_reads(checklist.pk, user.pk, session),
    )


def first_ticks(user: User, total: int, rounds: int) -> list[Line]:
    """In a browser, with the portal in a process of its own."""
    client = Client()
    client.force_login(user)
    checklist = create(new_rollout(user, f"{total} items"), user)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    ready, kept = first_tick.measure(checklist.get_absolute_url(), session, rounds)
    name = f"{checklist.items.count():,} items, CPU at 1/{first_tick.SLOWER}"
    return [
        Line(f"opening a checklist, {name}", ready, None, 3000),
        Line(f"its first tick until it is kept, {name}", kept, None, 1500),
    ]


def advisory_list(total: int, rounds: int, word: str = "") -> Line:
    client = Client()

    def ours() -> None:
        assert client.get("/advisories/", {"q": word}).status_code == 200

    return compare(
        f"list page{', searched' if word else ''}, {total:,} advisories",
        ours,
        lambda: floor_catalogue.page(normalise(word)),
        limit=10,
        rounds=rounds,
    )


def search(total: int, rounds: int, word: str, kind: str) -> Line:
    query = QueryDict(mutable=True)
    query["q"] = word
    # Its form reads the choices of every facet: that is the page's part, measured above.
    asked = AdvisoryFilter(query)
    assert asked.form.is_valid()

    def ours() -> list[tuple[int, str]]:
        return list(asked.narrowed().values_list("pk", "tracking_id"))

    found = ours()
    assert found == floor_catalogue.search(normalise(word)), "the floor finds something else"
    return compare(
        f"search, {len(found):,} of {total:,} ({kind})",
        ours,
        lambda: floor_catalogue.search(normalise(word)),
        limit=2,
        rounds=rounds,
    )


def written(checklist: Checklist, kind: str, rounds: int, limit: int, most_memory: int) -> Line:
    """A file of the checklist as it is issued, in a process of its own."""
    content = data.decided(content_of(checklist, checklist.editions.get()))
    time, memory = files.measure(kind, content, rounds)
    name = f"{kind.upper()} in a child process, {len(content['items']):,} items"
    return Line(name, time, None, limit, memory, most_memory)


def of_rollout(user: User, boxes: int, rounds: int) -> list[Line]:
    """The workbook of a rollout's open boxes, issuing all of them, and the bundle."""
    rollout = new_rollout(user, f"{boxes} boxes")
    checklists = [create(rollout, user) for _ in range(boxes)]
    items = checklists[0].items.count()
    name = f"{boxes} box{'es' if boxes > 1 else ''} of {items:,} items"
    given = {"rollout": str(rollout.pk), "user": user.pk}
    sheets = files.measure("sheets", given, rounds)
    issuing = files.measure("issue", given, 1)
    bundle = files.measure("bundle", given, rounds)
    return [
        Line(f"workbook of {name}", sheets[0], None, 300 * boxes + 500, sheets[1], 200),
        # However many there are: the memory of one is given back before the next.
        Line(f"deciding to issuing {name}", issuing[0], None, 10_000 * boxes, issuing[1], 250),
        Line(f"bundle of {name}", bundle[0], None, 60 * boxes + 500, bundle[1], 150),
    ]


def new_rollout(user: User, number: str) -> Rollout:
    return actions.create_rollout(
        id=uuid.uuid4(), customer="顧客", project="案件", number=number, members=[], by=user
    )


def sending(user: User, checklists: int, operations: int) -> Line:
    """Devices that send what they kept, through the real server."""
    rollout = new_rollout(user, f"sync {checklists}")
    boxes = [create(rollout, user) for _ in range(checklists)]
    rate, slowest = load_sync.measure(boxes, user, operations)
    name = f"p95 of sending, {checklists} checklist{'s' if checklists > 1 else ''}"
    return Line(f"{name}, {rate:.0f} op/s", slowest, None, 3000)


def main() -> int:
    logging.getLogger("axes").setLevel(logging.WARNING)  # each log-in is four lines
    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_catalogue", str(settings.BASE_DIR / "fixtures/iws-supplement-1.3.json"))
    user = User.objects.create_user("bench", is_staff=True)
    user.groups.set(Group.objects.all())
    rollout = new_rollout(user, "1")
    print(f"\n{connection.vendor}: medians of runs in turn\n{HEAD}", flush=True)
    lines = []

    def show(line: Line) -> None:
        lines.append(line)
        print(line, flush=True)

    show(evaluation(32, 100))
    show(creation(rollout, user, 32, 15))
    show(decision(create(rollout, user), user, 60))
    small = create(rollout, user)
    show(page(small, user, 32, 40))
    show(written(small, "pdf", 5, 500, 150))
    show(written(small, "xlsx", 5, 300, 150))
    for checklists in (1, 20):
        show(sending(user, checklists, 800))
    for boxes in (1, 50):
        for line in of_rollout(user, boxes, 5):
            show(line)
    data.grow(500)
    for line in first_ticks(user, 500, 3):
        show(line)
    data.grow(1000)
    show(evaluation(1000, 40))
    show(creation(rollout, user, 1000, 5))
    large = create(rollout, user)
    show(page(large, user, 1000, 10))
    show(written(large, "pdf", 5, 1500, 500))
    show(written(large, "xlsx", 3, 3000, 150))
    show(of_rollout(user, 1, 3)[-1])
    data.grow(100_000)
    show(evaluation(100_000, 5))
    show(advisory_list(100_000, 5))
    show(advisory_list(100_000, 5, "遅延"))
    show(search(100_000, 5, "設定", "two characters"))
    show(search(100_000, 5, "スマートスキャン", "a long word"))
    return 0 if all(line.holds for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
