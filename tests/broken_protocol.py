"""A plugin of pytest: the portal as one variant of broken_protocols.py has it.

`-p tests.broken_protocol` with the variant's name in BROKEN_PROTOCOL; it has to be there before
Django is, so it installs the variant as it is imported.
"""

import os
from pathlib import Path

import pytest

from tests.broken_protocols import VARIABLE, install, named, replace_static

VARIANT = named(os.environ[VARIABLE])
install(VARIANT)


@pytest.fixture(scope="session", autouse=True)
def broken_static(collected_static):
    from django.conf import settings

    scripts = [file for file in VARIANT.files if file.startswith("static/")]
    if scripts:
        replace_static(VARIANT, Path(settings.STATIC_ROOT))
