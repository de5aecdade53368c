"""Pages about several boxes of a rollout: one more box, the matrix, one decision or one answer for
many."""

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from advisories.deployments import DeploymentError
from advisories.texts import in_language
from checklists import actions, wording
from checklists.actions import NotAllowed, Refused, Stale
from checklists.actions.events import require
from checklists.actions.operations import FIELDS
from checklists.forms import decision_sent, uuid_or_none
from checklists.freezing import CONDITION, NOT_KNOWN
from checklists.models import (
    NOTE_LENGTH,
    Answer,
    Checklist,
    ChecklistItem,
    Decision,
    Edition,
    Event,
    Happened,
    Rollout,
)
from checklists.page.filters import SEVERITY_NAMES
from checklists.page.recorded import decision_word, moment, said_of
from checklists.rollout_forms import AnotherBoxForm, chosen_boxes
from checklists.rollout_matrix import Difference, MatrixFilters, items_of, rows_of
from checklists.rollout_progress import progress_in
from checklists.views.refusals import add_errors, checklist_of, explains_refusals, person_of
from checklists.views.rollouts import rollout_of
from checklists.wizard.routing import check_page, url
from checklists.wizard.rules import Answers
from portal.roles import Role

CONFLICT, UNPROCESSABLE = 409, 422
# More boxes than these scroll beside the names of the advisories.
COLUMNS_THAT_FIT = 6


def boxes_of(rollout: Rollout) -> list[Checklist]:
    """The boxes that were not discarded, by host, with their editions; four queries."""
    found = Checklist.objects.filter(rollout=rollout).kept().with_editions()
    return list(found.order_by("host", "created_at", "pk"))


def newest_edition(checklist: Checklist) -> Edition:
    return max(checklist.editions.all(), key=lambda edition: edition.minor)


# ---------------------------------------------------------------- one more box


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@explains_refusals
def another(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A box like this one: the same answers, everything else new."""
    source = checklist_of(request, uuid)
    require(source, person_of(request), Role.ENGINEER)
    if source.discarded_at:
        raise Stale(_("This checklist was discarded. Nothing in it changes any more."))
    form = AnotherBoxForm(request.POST) if request.method == "POST" else AnotherBoxForm.of(source)
    if form.is_valid():
        try:
            made = actions.add_box(
                source=source,
                id=form.cleaned_data["op_id"],
                host=form.cleaned_data["host"],
                mode_detail=form.cleaned_data["mode_detail"],
                by=person_of(request),
            )
        except Refused as error:
            add_errors(form, error)
        except DeploymentError as error:  # the catalogue has moved on since
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The box was added. Every decision is open."))
            return redirect(made)
    answers = list(source.answers.all())
    header = source.frozen
    context = {
        "checklist": source,
        "form": form,
        "release": in_language(header["release"]["label"]),
        "product": header["product"]["short_name"],
        "given": [
            (
                wording.question_text(header, answer.question),
                wording.value_text(header, answer.question, answer.value),
            )
            for answer in answers
        ],
    }
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "checklists/rollout/another.html", context, status=status)


# ---------------------------------------------------------------- the next one of a box


@dataclass(frozen=True)
class Way:
    """Why a box gets another checklist, and where that starts then."""

    label: str
    what: str
    address: str


@require_safe
@never_cache
@explains_refusals
def successor(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The next checklist of a box, that was handed over and then changed or that has the wrong
    release or mode: to the wizard, with the answers that can still be right."""
    checklist = checklist_of(request, uuid)
    require(checklist, person_of(request), Role.ENGINEER)
    if checklist.discarded_at:
        raise Stale(_("This checklist was discarded. Nothing in it changes any more."))
    given = dict(checklist.answers.values_list("question", "value"))
    answers = Answers(
        release=checklist.release,
        mode=given.get("mode", ""),
        installed_with=given["installed_with"],
        yes=_answered(given, "yes"),
        no=_answered(given, "no"),
        predecessor=str(checklist.pk),
    )
    issued = any(edition.issued_at for edition in checklist.editions.all())
    ways = [*(_ways(answers) if issued else []), _mistaken(answers)]
    context = {"checklist": checklist, "ways": ways, "issued": issued}
    return render(request, "checklists/rollout/successor.html", context)


def _answered(given: dict[str, str], wanted: str) -> frozenset[str]:
    return frozenset(
        question.removeprefix(CONDITION)
        for question, value in given.items()
        if question.startswith(CONDITION) and value == wanted
    )


def _ways(answers: Answers) -> list[Way]:
    upgraded = replace(answers, release="", happened=Happened.UPGRADED.value)
    rebuilt = replace(answers, installed_with=answers.release, happened=Happened.REBUILT.value)
    same = replace(answers, happened=Happened.RECONFIGURED.value)
    return [
        Way(
            str(Happened.UPGRADED.label),
            _("A newer release, a service pack or a patch was put over it. Choose the release."),
            url("checklists:new", upgraded),
        ),
        Way(
            str(Happened.REBUILT.label),
            _("It was installed anew, or replaced by another machine, with the same release."),
            check_page(rebuilt),
        ),
        Way(
            str(Happened.RECONFIGURED.label),
            _(
                "The configuration wizard was run again, a configuration was imported or a backup"
                " was restored."
            ),
            check_page(same),
        ),
    ]


def _mistaken(answers: Answers) -> Way:
    """Release and a known mode never change in a checklist: they are asked again for a new one."""
    return Way(
        _("Wrong release or mode"),
        _("The checklist was made with a release or a mode that the box does not have."),
        url("checklists:new", replace(answers, release="", mode="")),
    )


# ---------------------------------------------------------------- the matrix


@dataclass(frozen=True)
class Column:
    """A box as a head of the matrix."""

    checklist: Checklist
    edition: Edition
    done: int
    total: int


@require_safe
@never_cache
def rollout_matrix(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Advisories by boxes, and where the boxes differ. Nine queries, however large."""
    rollout = rollout_of(request, uuid)
    boxes = boxes_of(rollout)
    progress = progress_in(boxes)
    filters = MatrixFilters(
        request.GET, rows_of(items_of(box.pk for box in boxes), [box.pk for box in boxes])
    )
    columns = []
    for box in boxes:
        all_of_it = progress[box.pk].all
        columns.append(Column(box, newest_edition(box), all_of_it.done, all_of_it.total))
    kept = filters.kept
    counted = [(d, sum(row.difference is d for row in filters.rows)) for d in Difference]
    context = {
        "rollout": rollout,
        "columns": columns,
        "rows": kept,
        "total": len(filters.rows),
        "filters": filters,
        "differences": [(each, number) for each, number in counted if number],
        "now": timezone.localtime(),
        "wide": len(columns) > COLUMNS_THAT_FIT,
        "may_decide": person_of(request).has_role(Role.ENGINEER),
    }
    return render(request, "checklists/rollout/matrix.html", context)


# ---------------------------------------------------------------- one decision on many boxes


@dataclass(frozen=True)
class Choice:
    """A box to choose: what its item says now. `why_not`: why it cannot be chosen, or ""."""

    checklist: Checklist
    item: ChecklistItem
    chosen: bool
    version: int
    why_not: str

    @property
    def said(self) -> list[tuple[str, str]]:
        return said_of(self.item)

    @property
    def when(self) -> str:
        return moment(self.item.decided_at)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rollout_decide(request: HttpRequest, uuid: UUID, tracking_id: str) -> HttpResponse:
    """The same decision on the boxes that are chosen; each is an operation of its own."""
    rollout = rollout_of(request, uuid)
    if not person_of(request).has_role(Role.ENGINEER):
        return _engineers_only(request)
    items = {
        item.checklist_id: item
        for item in ChecklistItem.objects.filter(
            checklist__rollout=rollout, checklist__discarded_at=None, tracking_id=tracking_id
        )
    }
    if not items:
        raise Http404
    boxes = {box.pk: box for box in boxes_of(rollout) if box.pk in items}
    posted = request.method == "POST"
    values = decision_sent(request.POST, "") if posted else dict.fromkeys(FIELDS, "")
    seen = chosen_boxes(request.POST) if posted else []
    op_id = uuid_or_none(request.POST.get("op_id", "")) if posted else None
    refused: list[str] = []
    if posted:
        try:
            if op_id is None or seen is None:
                raise Refused(_("This form was not complete. Reload the page and try again."))
            events = actions.decide_on_boxes(
                rollout=rollout,
                op_id=op_id,
                tracking_id=tracking_id,
                decision=values,
                boxes=seen,
                by=person_of(request),
            )
        except NotAllowed as error:
            reason = " ".join(error.messages)
            return render(request, "403.html", {"reason": reason}, status=403)
        except Refused as error:
            refused = list(error.messages)
        else:
            return _decided(request, rollout, boxes, events)
    versions = {box.checklist: box.version for box in seen or []}
    first = items[next(iter(boxes))]
    severity_key, severity = SEVERITY_NAMES[first.severity]
    context = {
        "rollout": rollout,
        "item": first,
        "title": in_language(first.content["title"]),
        "action": in_language(first.content["action"]),
        "severity_key": severity_key,
        "severity": str(severity) if first.severity else "—",
        "choices": [_choice(box, items[box.pk], posted, versions) for box in boxes.values()],
        "decisions": [c for c in Decision if c is not Decision.OPEN],
        "values": values,
        "refused": refused,
        "note_length": NOTE_LENGTH,
        "op_id": op_id or uuid4(),
    }
    status = UNPROCESSABLE if refused else 200
    return render(request, "checklists/rollout/decide.html", context, status=status)


def _choice(box: Checklist, item: ChecklistItem, posted: bool, versions: dict[UUID, int]) -> Choice:
    """While nothing was sent, the boxes without a decision are chosen."""
    state = newest_edition(box).state
    why_not = {
        Edition.State.DRAFT: "",
        Edition.State.PREPARED: _("It is signed as prepared, so nothing in it changes."),
    }.get(state, _("It is issued and does not change. Re-open it first."))
    fresh = item.decision == Decision.OPEN or item.returned or item.flagged
    chosen = box.pk in versions if posted else fresh
    version = versions.get(box.pk, item.version)
    return Choice(box, item, chosen and not why_not, version, why_not)


@dataclass(frozen=True)
class Outcome:
    """What became of the decision on one box."""

    checklist: Checklist
    key: str
    words: str


def _decided(
    request: HttpRequest, rollout: Rollout, boxes: dict[UUID, Checklist], events: list[Event]
) -> HttpResponse:
    """Back to the matrix; where somebody was faster, a page that names each box."""
    words = {
        Event.Outcome.APPLIED: _("Saved."),
        Event.Outcome.SAME: _("Saved: it was already so."),
        Event.Outcome.CONFLICT: _("Not taken over: somebody had changed it in the meantime."),
        Event.Outcome.LATE: _("It was signed in the meantime: kept as late, nothing changed."),
    }
    outcomes = [
        Outcome(boxes[e.checklist_id], e.outcome, words[Event.Outcome(e.outcome)]) for e in events
    ]
    taken = sum(o.key in (Event.Outcome.APPLIED, Event.Outcome.SAME) for o in outcomes)
    if taken == len(outcomes):
        text = ngettext("Recorded on %(n)d box.", "Recorded on %(n)d boxes.", taken)
        messages.success(request, text % {"n": taken})
        return redirect("checklists:rollout_matrix", rollout.pk)
    context = {
        "rollout": rollout,
        "outcomes": sorted(outcomes, key=lambda each: each.checklist.host),
        "decision": decision_word(events[0].payload["decision"]["decision"]),
        "position": events[0].item.position if events[0].item else "",
    }
    return render(request, "checklists/rollout/decided.html", context, status=CONFLICT)


def _engineers_only(request: HttpRequest) -> HttpResponse:
    reason = _("Only engineers of this rollout may change it.")
    return render(request, "403.html", {"reason": reason}, status=403)


# ---------------------------------------------------------------- one answer for all boxes


@dataclass(frozen=True)
class Question:
    """A condition with what each open box answers; `open`: how many have no answer yet."""

    key: str
    text: str
    hint: str
    given: list[tuple[Checklist, str, str]]

    @property
    def open(self) -> int:
        return sum(not key for _box, key, _text in self.given)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def rollout_answers(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The conditions of the open boxes; an answer here is for all that have none of their own."""
    rollout = rollout_of(request, uuid)
    if not person_of(request).has_role(Role.ENGINEER):
        return _engineers_only(request)
    if request.method == "POST":
        return _answer_boxes(request, rollout)
    drafts = [box for box in boxes_of(rollout) if newest_edition(box).state == Edition.State.DRAFT]
    questions = _questions(drafts)
    context = {
        "rollout": rollout,
        "drafts": drafts,
        "questions": [question for question in questions if question.open],
        "settled": [question for question in questions if not question.open],
        "op_id": uuid4(),
    }
    return render(request, "checklists/rollout/answers.html", context)


def _questions(boxes: list[Checklist]) -> list[Question]:
    """Every condition that one of the boxes asks, in the order in which they ask it; one query."""
    by_box = {box.pk: box for box in boxes}
    found: dict[str, Question] = {}
    rows = Answer.objects.filter(checklist__in=boxes, question__startswith=CONDITION)
    for answer in sorted(rows, key=lambda row: (by_box[row.checklist_id].host, row.pk)):
        box = by_box[answer.checklist_id]
        name = answer.question.removeprefix(CONDITION)
        condition = next(c for c in box.frozen["conditions"] if c["slug"] == name)
        question = found.setdefault(
            answer.question,
            Question(
                answer.question,
                in_language(condition["name"]),
                in_language(condition.get("hint") or {"ja": "", "en": ""}),
                [],
            ),
        )
        given = answer.value if answer.value not in ("", NOT_KNOWN) else ""
        text = wording.value_text(box.frozen, answer.question, answer.value or NOT_KNOWN)
        question.given.append((box, given, text))
    return list(found.values())


def _answer_boxes(request: HttpRequest, rollout: Rollout) -> HttpResponse:
    op_id = uuid_or_none(request.POST.get("op_id", ""))
    try:
        if op_id is None:
            raise Refused(_("This form was not complete. Reload the page and try again."))
        events = actions.answer_boxes(
            rollout=rollout,
            op_id=op_id,
            question=request.POST.get("question", ""),
            value=request.POST.get("value", ""),
            by=person_of(request),
        )
    except NotAllowed as error:
        return render(request, "403.html", {"reason": " ".join(error.messages)}, status=403)
    except Refused as error:
        messages.error(request, " ".join(error.messages))
        return redirect("checklists:rollout_answers", rollout.pk)
    touched = sum(len(event.effect["reasons"]) for event in events)
    text = ngettext("Answered on %(n)d box.", "Answered on %(n)d boxes.", len(events))
    items = ngettext("%(n)d item was decided anew.", "%(n)d items were decided anew.", touched)
    if events:
        said = f"{text % {'n': len(events)}} {items % {'n': touched}}"
        messages.success(request, said)
    else:
        messages.info(request, _("Every box has an answer of its own. Nothing was changed."))
    return redirect("checklists:rollout_answers", rollout.pk)
