"""The published schema of a hand-over's JSON."""

import json
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = json.loads((ROOT / "docs/schema/checklist-1.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(PUBLISHED, format_checker=FormatChecker())


def faults(data):
    """Where a file is not what the published schema says."""
    said = json.loads(data) if isinstance(data, bytes) else data
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(said)]
