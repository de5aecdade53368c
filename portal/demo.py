"""Demo accounts, so that a first visitor can walk through all roles. Only `serve` makes them."""

import secrets

from django.contrib.auth.models import Group
from django.db import transaction

from portal.models import User
from portal.roles import Role

NAMES = {
    Role.EDITOR: "編集者 (デモ)",
    Role.ENGINEER: "技術者 (デモ)",
    Role.REVIEWER: "審査者 (デモ)",
}
# Without letters and digits that look alike: the password is read off a terminal.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@transaction.atomic
def make_demo_accounts() -> dict[str, str]:
    """Make the accounts editor, engineer and reviewer that are missing: {username: password}.

    The passwords are stored nowhere else. Empty when all exist, and when the portal has people
    but no demo account among them: then it is somebody's real portal.
    """
    if User.objects.exists() and not User.objects.filter(is_demo=True).exists():
        return {}
    present = set(User.objects.filter(username__in=NAMES).values_list("username", flat=True))
    passwords = {role.value: new_password() for role in NAMES if role.value not in present}
    for username, password in passwords.items():
        user = User.objects.create_user(
            username,
            password=password,
            display_name=NAMES[Role(username)],
            company="デモ",
            is_demo=True,
        )
        user.groups.add(Group.objects.get(name=username))
    return passwords


def new_password() -> str:
    """Three groups of four, about 59 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
