"""Devices: what each one last told, and signing without those that still hold something."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from checklists.actions.errors import Refused
from checklists.chain import timestamp
from checklists.models import Checklist, Device
from portal.models import User


def contact(
    *,
    checklist_id: UUID,
    device: UUID,
    label: str,
    unsent: int,
    offline: bool,
    clock_offset: int | None,
    by: User,
) -> None:
    """Note what a device has just told of itself. The caller has checked that `by` may see the
    checklist."""
    Device.objects.update_or_create(
        checklist_id=checklist_id,
        user=by,
        device=device,
        defaults={
            "label": label,
            "unsent": unsent,
            "offline": offline,
            "clock_offset": clock_offset,
            "last_contact": timezone.now(),
        },
    )


def tick_of(device: Device) -> str:
    """What a tick "sign without it" names: the device with as much as it then held."""
    return f"{device.pk}-{device.unsent}"


def signed_without(
    checklist: Checklist, ticked: Collection[str], now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """The part of a signature's payload that names the devices it does not wait for; {} for none.

    Raises Refused while one that holds unsent work, or may, is not ticked.
    """
    devices = list(checklist.devices.outstanding(now))
    if not {tick_of(device) for device in devices} <= set(ticked):
        raise Refused(
            _("Some devices may hold entries that were not sent.")
            + " "
            + _("Wait for them, or tick each one that you sign without.")
        )
    if not devices:
        return {}
    return {
        "without": [
            {
                "device": str(device.device),
                "label": device.label,
                "person": device.user.name,
                "unsent": device.unsent,
                "last_contact": timestamp(device.last_contact),
            }
            for device in devices
        ]
    }
