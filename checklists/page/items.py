"""The items of the checklist page as HTML: what repeats is rendered once, the rest is filled in.

A template loop over a thousand items with six choices each takes 20 to 30 times as long. Every
value passes `escape`; only what this module and its templates wrote themselves is marked safe.
"""

import html
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from django.template.loader import get_template, render_to_string
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from advisories.applicability import Reason, Verdict
from advisories.texts import in_language
from checklists import wording
from checklists.assigned import owner_name
from checklists.forms import Entered
from checklists.models import NOTE_LENGTH, Checklist, ChecklistItem, Decision, Evidence
from checklists.moves import Move, Step
from checklists.page.filters import SEVERITY_NAMES
from checklists.page.recorded import COLUMNS, Said, moment, offered, said_in, said_of
from checklists.undone import undone_words

SLOT = "\x00"  # parts a template's text from its slots; no text that can be stored holds it
# A browser's autofill reads every form, before any script runs, in a time that grows with their
# square. On a page of more items than LONG, the forms after the first ones stay text until
# somebody comes near them: see forms.js.
LONG, FORMS_AT_ONCE = 40, 8
NEEDED = (Verdict.REQUIRED, Verdict.CONFIRM)
CHOICES = [choice for choice in Decision if choice is not Decision.OPEN]


def escape(value: object) -> str:
    """What Django's `escape` gives, at a third of its time: a page of 32 items calls it 2,000
    times."""
    return html.escape(str(value))


def slot(name: str) -> SafeString:
    """A place in a Pattern's template that is filled later."""
    return mark_safe(f"{SLOT}{name}{SLOT}")  # noqa: S308


class Pattern:
    """A template that is rendered once and filled many times. `slots` in the template's context
    gives each name's place."""

    def __init__(self, template: str, slots: Iterable[str], context: Mapping[str, Any]) -> None:
        places = {name: slot(name) for name in slots}
        parts = render_to_string(template, {**context, "slots": places}).split(SLOT)
        self.literals, self.names = parts[::2], parts[1::2]

    def fill(self, values: Mapping[str, Any]) -> SafeString:
        """The template with `values`, escaped unless they are safe already."""
        filled = [self.literals[0]]
        for name, literal in zip(self.names, self.literals[1:], strict=True):
            value = values[name]
            filled += (value if isinstance(value, SafeString) else escape(value), literal)
        return mark_safe("".join(filled))  # noqa: S308


class ItemWriter:
    """Writes the items of one checklist's page in the active language.

    `editable`: with forms. `query` ("?..." or "") keeps the filters across a form. `moves` are
    those of the items' advisories by tracking ID, `evidence` files by an item's key. `long`: the
    page has more items than LONG. `chosen`: the tracking IDs that are ticked for a decision on
    several. Making one renders two templates; writing an item runs no query.
    """

    def __init__(
        self,
        checklist: Checklist,
        answers: Mapping[str, str],
        *,
        csrf_token: str,
        editable: bool,
        verify_fixed: bool,
        query: str = "",
        moves: Mapping[str, Move] | None = None,
        evidence: Mapping[int, Sequence[Evidence]] | None = None,
        long: bool = False,
        chosen: Container[str] = (),
    ) -> None:
        self.header, self.answers, self.moves = checklist.frozen, answers, moves or {}
        self.evidence = evidence or {}
        self.happened = checklist.happened
        self.offers_url = reverse("checklists:offers", args=[checklist.pk])
        self.editable, self.verify_fixed, self.query = editable, verify_fixed, query
        self.language = get_language() or "ja"
        self.long, self.forms, self.chosen = long, 0, chosen
        self.words = _words()
        self.severities = {key: self._severity(key) for key in SEVERITY_NAMES}
        self.verdicts = {v.value: _tag("verdict", v.value, v.label) for v in Verdict}
        self.decisions = {d.value: _tag("decision", d.value, d.label) for d in Decision}
        self._reasons: dict[Any, str] = {}
        # The address of one item's form, before and after the tracking ID.
        self.address = reverse("checklists:decide", args=[checklist.pk, "ID"]).rsplit("ID", 1)
        self.files = f"{checklist.get_absolute_url()}evidence/"
        self.proving = reverse("checklists:evidence", args=[checklist.pk, "ID"]).rsplit("ID", 1)
        if editable:
            fixed = {"csrf_token": csrf_token, "note_length": NOTE_LENGTH}
            choices = [(c.value, c.label, slot(f"checked_{c.value}")) for c in CHOICES]
            slots = [*COLUMNS, "action", "op_id", "version", "n", "errors", "reopen", "values_open"]
            self.work = Pattern("checklists/_work.html", slots, {**fixed, "choices": choices})
            quick = ["action", "op_id", "version", "hidden", "label", "n"]
            self.quick = Pattern("checklists/_quick.html", quick, fixed)

    def write(self, item: ChecklistItem, entered: Entered | None = None) -> SafeString:
        """One `li`. `entered` is what was typed for it and refused."""
        marked = item.returned or item.flagged
        decided = item.decision != Decision.OPEN
        folded = not entered and not marked and (decided or item.verdict not in NEEDED)
        folded = folded and not undone_in(item)
        state = " returned" if item.returned else " flagged" if item.flagged else ""
        state += " settled" if folded else ""
        body = self._folded(item) if folded else self._unfolded(item, entered)
        return mark_safe(  # noqa: S308
            f'<li class="item{state}" id="item-{item.position}" data-item="{item.tracking_id}">'
            f'<span class="no">{item.position}</span>{self._pick(item)}{body}</li>'
        )

    def _pick(self, item: ChecklistItem) -> str:
        """A tick for the decision on several items, with the version that is seen."""
        if not self.editable:
            return ""
        checked = " checked" if item.tracking_id in self.chosen else ""
        return (
            f'<label class="pick"><input type="checkbox" name="item" form="several"'
            f' value="{item.tracking_id} {item.version}"{checked}>'
            f'<span class="visually-hidden">{self.words["choose"]} {item.position}</span></label>'
        )

    def _folded(self, item: ChecklistItem) -> str:
        """One line: what was decided, or why nothing has to be; the rest behind a fold."""
        decided = item.decision != Decision.OPEN
        line = self._reason(item) if item.verdict not in NEEDED else ""
        line += self._stamp(item) if decided or item.note else ""
        fold, quick = self.words["change" if self.editable else "content"], ""
        if self.editable and not decided and item.verdict == Verdict.FIXED and self.verify_fixed:
            label = self.words["verified"]
            quick = self._quick(item, [("decision", Decision.VERIFIED.value)], label)
        rest = self._texts(item, reason=item.verdict in NEEDED) + self._previous(item)
        proofs = self.proofs(item)
        if item.pk in self.evidence:
            line += proofs
        else:  # only the way to add some: it can wait behind the fold
            rest += proofs
        form = self._form(item, None) if self.editable else ""
        return (
            f'<div class="body">{self._heading(item)}{self._moved(item)}{line}'
            f"{quick}"
            f'<details class="more"><summary>{fold}'
            f'<span class="visually-hidden"> {item.position}</span></summary>'
            f'<div class="body">{rest}</div>{form}</details></div>'
        )

    def _unfolded(self, item: ChecklistItem, entered: Entered | None) -> str:
        stamp = self._stamp(item) if item.decision != Decision.OPEN or item.note else ""
        form = self._form(item, entered) if self.editable else ""
        return (
            f'<div class="body">{self._heading(item)}{self._mark(item)}{self._undone(item)}'
            f"{self._moved(item)}{self._texts(item)}{stamp}{self._previous(item)}"
            f"{self.proofs(item)}</div>{form}"
        )

    def _heading(self, item: ChecklistItem) -> str:
        title = escape(in_language(item.content["title"], self.language))
        owner = owner_name(item)
        tag = (
            f'<span class="tag owner">{self.words["owner"]} {escape(owner)}</span>' if owner else ""
        )
        return f'<h3>{self.severities[item.severity]}<span class="title">{title}</span>{tag}</h3>'

    def _severity(self, key: int | None) -> str:
        slug, name = SEVERITY_NAMES[key]
        shown = f"{escape(name)}" if key else "—"
        return (
            f'<span class="tag severity {slug}"><span class="visually-hidden">'
            f"{self.words['severity']} </span>{shown}</span>"
        )

    def _mark(self, item: ChecklistItem) -> str:
        """Why the item has to be decided again."""
        if item.returned:
            comment = escape(item.returned_comment)
            return (
                f'<div class="notice error"><p><b class="word">{self.words["returned"]}</b> '
                f'<span class="user-text">{comment}</span> '
                f'<span class="soft">{escape(item.returned_by)}</span></p></div>'
            )
        if item.flagged:
            return f'<p class="notice warning">{self.words["flagged"]}</p>'
        return ""

    def _undone(self, item: ChecklistItem) -> str:
        """How what was settled on the checklist before may be lost."""
        what = undone_in(item)
        if not what:
            return ""
        words = escape(undone_words(what, self.happened))
        return f'<p class="notice warning"><b class="word">{self.words["undone"]}</b> {words}</p>'

    def _moved(self, item: ChecklistItem) -> str:
        """How the advisory moved since the item was frozen; "" when it did not."""
        move = self.moves.get(item.tracking_id)
        if move is None:
            return ""
        if move.step is Step.WITHDRAWN:
            return (
                f'<div class="notice warning"><p><b class="word">{self.words["withdrawn"]}</b> '
                f'<span class="user-text">{escape(move.reason)}</span></p></div>'
            )
        if not move.is_offer:
            return f'<p class="soft">{escape(move.step.label)}</p>'
        return (
            f'<p class="soft">{self.words["offered"]} '
            f'<a href="{self.offers_url}#offer-{escape(move.tracking_id)}">'
            f"{escape(move.step.label)}</a></p>"
        )

    def _texts(self, item: ChecklistItem, *, reason: bool = True) -> str:
        content, language, words = item.content, self.language, self.words
        parts = [self._reason(item)] if reason else []
        parts.append(f"<p>{escape(in_language(content['summary'], language))}</p>")
        if impact := in_language(content["impact"], language):
            parts.append(f"<p><b>{words['impact']}</b> {escape(impact)}</p>")
        parts.append(f'<p class="action">{escape(in_language(content["action"], language))}</p>')
        if check := in_language(content["check"], language):
            parts.append(f'<p class="check"><b>{words["check"]}</b> {escape(check)}</p>')
        if note := self._fix_note(content["fix"]):
            parts.append(f'<p class="soft">{note}</p>')
        parts.append(self._note(item))
        if content["references"]:
            links = "".join(self._link(reference) for reference in content["references"])
            parts.append(f'<p class="links">{links}</p>')
        return "".join(parts)

    def _note(self, item: ChecklistItem) -> str:
        """The company's own note, behind a fold: it may be long."""
        note = item.content.get("local_note")
        if not note:
            return ""
        blocks = get_template("advisories/_note_blocks.html").render({"note": note})
        who = f"{escape(note['by'])} {moment(note['at'])}"
        return (
            f'<details class="more local-steps"><summary>{self.words["note"]}'
            f'<span class="visually-hidden"> {item.position}</span></summary>'
            f'<div class="steps">{blocks}<p class="soft">{who}</p></div></details>'
        )

    def _fix_note(self, fix: Mapping[str, Any] | None) -> str:
        """What was changed, in which release; also where the box has not reached it."""
        if not fix:
            return ""
        said = [in_language(fix[name], self.language) for name in ("fixed_in", "kind", "note")]
        return f"{self.words['fix']} {escape(' / '.join(text for text in said if text))}"

    def _link(self, reference: Mapping[str, Any]) -> str:
        successor = reference["successor"] or ""
        address = (reference["successor_url"] if successor else "") or reference["url"] or ""
        text = f"{reference['number']} → {successor}" if successor else reference["number"]
        shown = f'{self.words["qa"]} <span class="num">{escape(text)}</span>'
        if product := reference["product_name"]:
            shown = f"{escape(product)} {shown}"
        if not address.lower().startswith(("http://", "https://")):
            return f"<span>{shown}</span>"
        return (
            f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{shown}'
            f'<span class="visually-hidden"> {self.words["new_tab"]}</span></a>'
        )

    def _reason(self, item: ChecklistItem) -> str:
        """The verdict and why; sentences are made once for all items that share them."""
        content = item.content
        fix = content["fix"]
        key = (
            item.reason,
            fix and (fix["scope"], fix["fixed_in"]["ja"]),
            *(term["slug"] for terms in ("modes", "conditions") for term in content[terms]),
        )
        if key not in self._reasons:
            text = wording.reason_text(Reason(item.reason), content, self.header, self.answers)
            self._reasons[key] = (
                f'<p class="reason">{self.verdicts[item.verdict]} {escape(text)}</p>'
            )
        return self._reasons[key]

    def _stamp(self, item: ChecklistItem) -> str:
        """What was decided: note, values, who and when."""
        note = f' <span class="user-text">{escape(item.note)}</span>' if item.note else ""
        values = _values(said_of(item, note=False))
        return (
            f'<p class="stamp">{self.decisions[item.decision]}{note} {escape(item.decided_by)} '
            f"<time>{moment(item.decided_at)}</time></p>{values}"
        )

    def proofs(self, item: ChecklistItem) -> SafeString:
        """The item's evidence and the way to its page; only the way while there is none."""
        files = self.evidence.get(item.pk, ())
        if not files and not self.editable:
            return _NOTHING
        before, after = self.proving
        page = f"{before}{item.tracking_id}{after}"
        word = self.words["evidence"] if files else self.words["add_evidence"]
        shown = "".join(map(self._proof, files))
        listed = f"<ul>{shown}</ul>" if files else ""
        return mark_safe(  # noqa: S308
            f'<div class="proofs" data-page="{page}">{listed}<a href="{page}">{word}'
            f'<span class="visually-hidden"> {item.position}</span></a></div>'
        )

    def _proof(self, file: Evidence) -> str:
        name, address = escape(file.caption or file.name), f"{self.files}{file.pk}/"
        shown = f'<span class="file">{name}</span>'
        if file.thumbnail:
            shown = f'<img src="{address}thumbnail/" alt="{name}" loading="lazy">'
        return f'<li><a href="{address}" target="_blank">{shown}</a></li>'

    def _previous(self, item: ChecklistItem) -> str:
        """What was decided on the checklist before this one, or before the advisory changed: an
        offer, never a copy."""
        previous = item.previous
        if not previous or previous["decision"] == Decision.OPEN:
            return ""
        if item.decision != Decision.OPEN and "revision" in previous:
            return ""
        said = {**previous, "before": previous["value_before"], "after": previous["value_after"]}
        button = ""
        if self.editable and item.decision == Decision.OPEN:
            button = self._quick(item, list(offered(previous)), self.words["take"])
        who = f"{escape(previous['by'])} {moment(previous['at'])}"
        when = self.words["changed" if "revision" in previous else "previous"]
        return (
            f'<div class="previous"><p class="soft">{when} {who}</p>'
            f"{_values(said_in(said))}{button}</div>"
        )

    def _quick(self, item: ChecklistItem, fields: Iterable[tuple[str, str]], label: str) -> str:
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields
        )
        return self.quick.fill(self._sends(item) | {"hidden": mark_safe(hidden), "label": label})  # noqa: S308

    def _sends(self, item: ChecklistItem) -> dict[str, Any]:
        """What every form of an item needs."""
        before, after = self.address
        return {
            "action": f"{before}{item.tracking_id}{after}{self.query}",
            "op_id": str(uuid4()),
            "version": item.version,
            "n": item.position,
        }

    def _form(self, item: ChecklistItem, entered: Entered | None) -> str:
        """The form in its place. On a long page only the first ones are there for everybody; the
        others are for browsers without scripts, and text that scripts make a form of."""
        form = self._work(item, entered)
        if not self.long:
            return form
        self.forms += 1
        if entered or self.forms <= FORMS_AT_ONCE:
            return f'<div class="place">{form}</div>'
        return f'<div class="place later"><noscript>{form}</noscript></div>'

    def _work(self, item: ChecklistItem, entered: Entered | None) -> SafeString:
        """The form of a decision, with what was typed before it was refused."""
        values = self._sends(item)
        if entered:
            given = {name: entered.values.get(name, "") for name in ("decision", *COLUMNS)}
            if entered.base_version is not None:
                values["version"] = entered.base_version
        else:
            given = {name: getattr(item, column) or "" for name, column in COLUMNS.items()}
            given["decision"] = item.decision
        for choice in CHOICES:
            chosen = given["decision"] == choice.value
            values[f"checked_{choice.value}"] = _SAFE_CHECKED if chosen else ""
        values |= {name: str(given[name]).replace(SLOT, "\ufffd") for name in COLUMNS}
        values["errors"] = _errors(entered.messages, item.position) if entered else ""
        values["values_open"] = _SAFE_OPEN if given["before"] or given["after"] else ""
        values["reopen"] = ""
        if item.decision != Decision.OPEN:
            checked = _SAFE_CHECKED if given["decision"] == Decision.OPEN else ""
            values["reopen"] = mark_safe(  # noqa: S308
                f'<label><input type="radio" name="decision" value="open"{checked}>'
                f"{self.words['open']}</label>"
            )
        return self.work.fill(values)


def undone_in(item: ChecklistItem) -> str:
    """How a change of the box may have undone what was settled; "" once it is decided anew."""
    is_open = item.decision == Decision.OPEN
    return str(item.previous.get("undone", "")) if item.previous and is_open else ""


_NOTHING = SafeString()
_SAFE_CHECKED = mark_safe(" checked")
_SAFE_OPEN = mark_safe(" open")


def _tag(kind: str, key: str, label: str | Promise) -> str:
    return f'<span class="tag {kind} {key}">{escape(label)}</span>'


def _values(said: Said) -> str:
    """A list of (label, text); "" for none."""
    if not said:
        return ""
    pairs = "".join(
        f'<dt>{escape(label)}</dt><dd class="user-text">{escape(text)}</dd>' for label, text in said
    )
    return f'<dl class="values">{pairs}</dl>'


def _errors(messages: Iterable[str], position: int) -> SafeString:
    rows = "".join(f"<li>{escape(message)}</li>" for message in messages)
    return mark_safe(  # noqa: S308
        f'<div class="error" role="alert" id="errors-{position}"><ul>{rows}</ul></div>'
    )


def _words() -> dict[str, str]:
    """The fixed words of an item, escaped, translated once."""
    words = {
        "severity": _("Severity"),
        "change": _("Content and change"),
        "content": _("Content"),
        "returned": _("Returned:"),
        "flagged": _("The advisory has changed. Read it again and confirm the decision."),
        "impact": _("Impact:"),
        "check": _("How to check:"),
        "fix": _("Fix:"),
        "note": _("Our own steps"),
        "evidence": _("Evidence"),
        "add_evidence": _("Add evidence"),
        "qa": _("Q&A"),
        "new_tab": _("(opens in a new tab)"),
        "previous": _("Decided on the checklist before this one:"),
        "changed": _("Decided before the advisory changed:"),
        "withdrawn": _("Withdrawn:"),
        "owner": _("Who:"),
        "undone": _("Perhaps undone:"),
        "offered": _("The catalogue has a newer revision:"),
        "take": _("Record the same decision"),
        "verified": _("Verified"),
        "choose": _("Choose item"),
        "open": Decision.OPEN.label,
    }
    return {name: escape(text) for name, text in words.items()}
