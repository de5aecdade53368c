"""What a device loads before it can work a checklist without a network."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from checklists.models import Checklist
from portal.roles import Role
from portal.storage import WORKER, own_files, staticfiles_storage
from tests.support.pages import client_of
from tests.support.rollouts import make_checklist, make_rollout, person

MOST = 100_000


def packed(data):
    return len(gzip.compress(data, 6))


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_first_page_of_the_real_catalogue_is_at_most_100_kb_compressed(language):
    call_command("load_catalogue", str(settings.BASE_DIR / "fixtures/iws-supplement-1.3.json"))
    omar = person("omar", Role.ENGINEER)
    make_checklist(
        make_rollout(omar), omar, release="iwss-6.5-linux-patch-3", mode="forward-proxy",
        installed_with="iwss-6.5-linux",
    )  # fmt: skip
    checklist = Checklist.objects.get()

    page = client_of(omar, language=language).get(checklist.get_absolute_url()).content

    folder = Path(settings.STATIC_ROOT)
    names = [address.removeprefix(settings.STATIC_URL) for address in own_files()]
    names.append(staticfiles_storage.stored_name(WORKER))
    files = sum(packed((folder / name).read_bytes()) for name in names)
    assert checklist.items.count() == 32
    assert packed(page) + files <= MOST, (packed(page), files)
