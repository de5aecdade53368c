"""What page tests share: signing in with or without a fresh proof of identity, forms as sent."""

import re

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.identity import FRESH_FOR, KEY
from tests.support.rollouts import PASSWORD


def client_of(user, *, fresh=True, language="en"):
    """A browser in which `user` is signed in; `fresh`: they have just shown who they are."""
    client = Client()
    client.force_login(user)
    client.cookies["django_language"] = language
    proved_at = timezone.now() - (FRESH_FOR * 0 if fresh else FRESH_FOR * 2)
    session = client.session
    session[KEY] = proved_at.isoformat()
    session.save()
    return client


def url(name, scene, *args):
    return reverse(f"checklists:{name}", args=[scene.id, *args])


def hidden(response, *, action=""):
    """The hidden fields of the page's form (of the one that posts to `action`), as sent."""
    page = response.content.decode()
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.S)
    mine = [f for f in forms if 'name="op_id"' in f and (not action or f'action="{action}"' in f)]
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', mine[0])
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


def text_of(response):
    """The page's words, without markup."""
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", page)


__all__ = ["PASSWORD", "client_of", "hidden", "text_of", "url"]
