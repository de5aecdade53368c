"""What a change of a box may have undone of what the checklist before it had settled. Pure.

The rule rests on what the vendor says of its own appliance, and holds for others as well. An
upgrade does not carry over every file that was edited by hand: after Service Pack 3
/etc/sysctl.conf is a new one (Q&A KA-0008841), while old values of other files come over, so that
the new defaults do not reach the box (KA-0006553). Running the configuration wizard again and
restoring a backup write over what was edited (KA-0008800). Of what was set by hand a rebuilt box
has nothing.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from advisories.applicability import FixScope, Reason, Verdict

NEEDED = (Verdict.REQUIRED, Verdict.CONFIRM)
# Decisions that say that a setting was made, or found, on the box.
SET = ("done", "verified")
# Kinds of a fix (AffectedProduct.FixKind) that are nothing but a value on the box.
VALUES = ("default_changed", "workaround_built_in")


class Happened(TextChoices):
    """What became of a box since the checklist before this one."""

    UPGRADED = "upgraded", gettext_lazy("Upgraded")
    REBUILT = "rebuilt", gettext_lazy("Rebuilt")
    RECONFIGURED = "reconfigured", gettext_lazy("Re-configured")


class Undone(TextChoices):
    """How what was settled may be lost, the weightiest first."""

    FIX_LOST = "fix_lost", gettext_lazy("the fix no longer reaches the box")
    SETTING = "setting", gettext_lazy("a setting may be gone")
    DEFAULT = "default", gettext_lazy("a default may have been written over")


def undone(
    happened: str, *, decision: str, was: str, now: Reason, fix_scope: str, fix_kind: str
) -> Undone | None:
    """`decision` and `was` (a reason) are those of the checklist before, `now` is the reason of
    the new item, `fix_scope` and `fix_kind` what the advisory says of its fix ("": none)."""
    if not happened:
        return None
    if now.verdict in NEEDED:
        if was == Reason.FIXED:
            return Undone.FIX_LOST
        return Undone.SETTING if decision in SET else None
    if now.verdict == Verdict.FIXED and happened != Happened.REBUILT:
        by_lineage = fix_scope == FixScope.NEW_INSTALLS
        return Undone.DEFAULT if by_lineage or fix_kind in VALUES else None
    return None


def undone_words(what: str, happened: str) -> str:
    """The sentence that stands at the item."""
    if what == Undone.FIX_LOST:
        return _(
            "It was fixed before. With the present release and first installation the fix no longer"
            " reaches the box."
        )
    if what == Undone.DEFAULT:
        return {
            Happened.UPGRADED.value: _(
                "The fix is a value on the box, and an upgrade may bring the old value over."
            ),
        }.get(
            happened,
            _(
                "The fix is a value on the box, and the wizard, an import or a restore may have"
                " written over it."
            ),
        )
    return {
        Happened.UPGRADED.value: _(
            "It was set before the upgrade, and an upgrade does not carry over every setting."
        ),
        Happened.REBUILT.value: _(
            "It was set before the box was rebuilt. Nothing that was set by hand is left."
        ),
    }.get(
        happened,
        _("It was set before, and the wizard, an import or a restore may have written over it."),
    )


def happened_words(happened: str) -> str:
    """What the list of these items begins with."""
    return {
        Happened.UPGRADED.value: _("The box was upgraded since. Look at these first."),
        Happened.REBUILT.value: _("The box was rebuilt since. Look at these first."),
    }.get(happened, _("The box was configured anew since. Look at these first."))
