"""Spreadsheet cells that can neither run as a formula nor lose what they said."""

# Spreadsheets take a cell for a formula when it starts with one of these; Japanese ones fold the
# full-width forms first. The apostrophe is in the list so that `restore` can tell ours from theirs.
FORMULA_STARTS = "=+-@\t\r\n＝＋－＠'"


def defuse(text: str) -> str:
    """`text` as a cell: one apostrophe in front if it starts with a character of FORMULA_STARTS."""
    return f"'{text}" if text[:1] and text[0] in FORMULA_STARTS else text


def restore(cell: str) -> str:
    """The text that `defuse` was given: `cell` without the apostrophe it may start with."""
    return cell.removeprefix("'")
