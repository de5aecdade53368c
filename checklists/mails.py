"""E-mails to members: plain text in the reader's language, sent after the commit.

Nothing is sent without EMAIL_URL. A mail server that fails or hangs never holds up a request for
longer than PATIENCE; the home page shows the same without mail.
"""

import logging
from collections.abc import Callable, Iterable
from threading import Thread

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from checklists.models import Checklist, Edition, SignOff
from portal.models import User
from portal.roles import Role

logger = logging.getLogger(__name__)

# Seconds that a request waits for the mail server; the rest goes on beside it.
PATIENCE = 3

Text = Callable[[], tuple[str, str]]


def waits_for_review(signature: SignOff) -> None:
    """To the members who may review what `signature` prepared."""
    edition = signature.edition
    reviewing = Q(groups__name=Role.REVIEWER.value) | Q(is_superuser=True)
    others = edition.checklist.rollout.members.filter(reviewing)
    if not settings.ALLOW_SELF_REVIEW:
        others = others.exclude(pk__in=_signed_by(signature))

    def text() -> tuple[str, str]:
        return (
            _("Waits for your signature: %(what)s") % {"what": _named(edition)},
            _("%(name)s has signed it as prepared. Look through it, then sign or return it.")
            % {"name": signature.name},
        )

    path = reverse("checklists:review", args=[edition.checklist_id])
    _tell(others.distinct(), edition, text, path)


def returned(signature: SignOff, comment: str, items: int) -> None:
    """To who had prepared it: a reviewer sent it back, and this number of items with it."""
    edition = signature.edition

    def text() -> tuple[str, str]:
        said = [_("%(name)s has returned it.") % {"name": signature.revoked_by}]
        if items:
            sentence = ngettext(
                "%(n)d item has to be decided again.",
                "%(n)d items have to be decided again.",
                items,
            )
            said.append(sentence % {"n": items})
        subject = _("Returned to you: %(what)s") % {"what": _named(edition)}
        return subject, "\n\n".join(part for part in (" ".join(said), comment) if part)

    _tell(_signers(edition, signature), edition, text, edition.checklist.get_absolute_url())


def replied(signature: SignOff) -> None:
    """To who prepared and who reviewed it: the customer has accepted or declined."""
    edition = signature.edition

    def text() -> tuple[str, str]:
        who = {"name": signature.name, "company": signature.company}
        if signature.kind == SignOff.Kind.ACCEPTED:
            return (
                _("Accepted: %(what)s") % {"what": _named(edition)},
                _("%(name)s (%(company)s) has accepted it.") % who,
            )
        return (
            _("Declined: %(what)s") % {"what": _named(edition)},
            _("%(name)s (%(company)s) has declined it:") % who + f"\n\n{signature.reply.reason}",
        )

    path = reverse("checklists:edition", args=[edition.checklist_id, edition.number])
    signed = edition.sign_offs.filter(revoked_at=None, signer__isnull=False)
    _tell(_signers(edition, *signed), edition, text, path)


def _signers(edition: Edition, *signatures: SignOff) -> Iterable[User]:
    """Of those who signed, the ones who are members still."""
    return edition.checklist.rollout.members.filter(pk__in=_signed_by(*signatures))


def _signed_by(*signatures: SignOff) -> list[int]:
    return [signature.signer_id for signature in signatures if signature.signer_id]


def _named(edition: Edition) -> str:
    """In one line: what is typed could have line ends, which no subject may have."""
    checklist: Checklist = edition.checklist
    parts = (checklist.host, edition.number, f"({checklist.customer} / {checklist.project})")
    return " ".join(" ".join(parts).split())


def _tell(people: Iterable[User], edition: Edition, text: Text, path: str) -> None:
    """Write to each of the people in their language. Never raises."""
    if not settings.SENDS_MAIL:
        return
    try:
        messages = [
            _message(person, edition, text, path)
            for person in people
            if person.is_active and person.email
        ]
    except Exception as error:  # whatever it is, the request has done its work
        _note(error)
        return
    sending = Thread(target=_send, args=(messages,), daemon=True)
    sending.start()
    sending.join(PATIENCE)


def _message(person: User, edition: Edition, text: Text, path: str) -> EmailMessage:
    with override(person.language):
        subject, body = text()
        lines = [subject, "", body]
        if settings.PUBLIC_URL:
            lines += ["", settings.PUBLIC_URL + path]
        lines += ["", _("This portal sends no other mail, and an answer reaches nobody.")]
    return EmailMessage(subject, "\n".join(lines) + "\n", to=[person.email])


def _send(messages: list[EmailMessage]) -> None:
    try:
        if messages:
            get_connection().send_messages(messages)
    except Exception as error:  # a mail server may fail in any way
        _note(error)


def _note(error: Exception) -> None:
    """Only the kind of error: its text would name people and addresses."""
    logger.warning("A mail was not sent: %s", type(error).__name__)
