"""The words of the portal: every English message of the sources has its Japanese, as committed.

Reads the sources with Babel and Django's own `templatize`, so it needs no GNU gettext.
"""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.utils.translation import gettext, ngettext, override
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
PO = ROOT / "locale" / "ja" / "LC_MESSAGES" / "django.po"
CODE = ("advisories", "checklists", "portal")

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[a-z]|\{\w*\}")
JAPANESE = re.compile("[\u3001\u3002\u3040-\u30ff\u3400-\u9fff\uff01-\uffef]")
WORD = re.compile(r"[A-Za-z\u3040-\u30ff\u3400-\u9fff]{2,}")

# The same in both languages.
ALIKE = ["ID", "No."]
# Words that a template may say without a translation: names, and each language in itself.
NOT_TRANSLATED = {"CSV", "JSON", "PDF", "SHA", "XLSX", "English", "日本語"}
# The first is shown when nothing works any more and speaks both languages by itself; the second
# is a tag's attributes and no text.
NOT_READ = {"500.html", "_form.html"}
READ_ALOUD = {"alt", "aria-label", "placeholder", "title"}

# (context, singular, plural); the context and the plural may be None.
Key = tuple[str | None, str, str | None]


def messages_of(source: str) -> Iterator[Key]:
    found = extract("python", BytesIO(source.encode()), keywords=KEYWORDS, options={})
    for _line, message, _comments, context in found:
        singular, plural = message if isinstance(message, tuple) else (message, None)
        yield context, singular, plural


def templates() -> list[Path]:
    return sorted(p for p in (ROOT / "templates").rglob("*") if p.suffix in (".html", ".txt"))


def template_messages(path: Path) -> Iterator[Key]:
    code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    # What is left of the HTML keeps its indentation, which Python would not forgive.
    return messages_of("\n".join(line.strip() for line in code.splitlines()))


def extracted() -> dict[Key, Path]:
    """Each message of the sources with the file it is in."""
    found: dict[Key, Path] = {}
    for folder in CODE:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found |= dict.fromkeys(messages_of(path.read_text(encoding="utf-8")), path)
    for path in templates():
        found |= dict.fromkeys(template_messages(path), path)
    return found


def key(message: Message) -> Key:
    singular, plural = (message.id, None) if isinstance(message.id, str) else message.id
    return message.context, singular, plural


def words(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)


def entries(catalog: Catalog) -> dict[Key, list[str]]:
    return {key(message): words(message) for message in catalog if message.id}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="ja")


@pytest.fixture(scope="module")
def sources() -> dict[Key, Path]:
    return extracted()


def test_the_sources_are_read_at_all(sources):
    files = {path.relative_to(ROOT).parts[0] for path in sources.values()}

    assert files == {*CODE, "templates"}
    assert (None, "%(n)s advisory", "%(n)s advisories") in sources
    assert ("field", "Required", None) in sources


def test_every_message_has_its_japanese(catalog, sources):
    translated = {k for k, texts in entries(catalog).items() if all(texts)}

    missing = {
        k[1]: str(path.relative_to(ROOT)) for k, path in sources.items() if k not in translated
    }

    assert missing == {}


def test_nothing_is_translated_that_no_source_says(catalog, sources):
    assert set(entries(catalog)) - set(sources) == set()
    assert list(catalog.obsolete) == []


def test_no_translation_is_a_guess(catalog):
    assert [message.id for message in catalog if message.id and message.fuzzy] == []


def test_placeholders_agree(catalog):
    wrong = []
    for (_context, singular, plural), texts in entries(catalog).items():
        wanted = set(PLACEHOLDER.findall(singular)) | set(PLACEHOLDER.findall(plural or ""))
        wrong += [(singular, t) for t in texts if t and set(PLACEHOLDER.findall(t)) != wanted]

    assert wrong == []


def test_english_messages_hold_no_japanese(sources):
    assert [k[1] for k in sources if JAPANESE.search(k[1] + (k[2] or ""))] == []


def test_japanese_is_not_the_english_left_as_it_was(catalog):
    untouched = [
        singular
        for (_context, singular, _plural), texts in entries(catalog).items()
        if any(texts) and not JAPANESE.search("".join(texts))
    ]

    assert [text for text in untouched if WORD.search(PLACEHOLDER.sub("", text))] == ALIKE


def test_the_compiled_catalogue_is_the_one_in_words(catalog):
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)

    with PO.with_suffix(".mo").open("rb") as file:
        committed = read_mo(file)

    assert entries(committed) == entries(read_mo(compiled))


def test_django_speaks_what_the_catalogue_says():
    with override("ja"):
        japanese = gettext("Risk accepted"), ngettext("%(n)d open point", "%(n)d open points", 3)
    with override("en"):
        english = gettext("Risk accepted"), ngettext("%(n)d open point", "%(n)d open points", 3)

    assert japanese == ("見送り", "保留あり %(n)d 件")
    assert english == ("Risk accepted", "%(n)d open points")


class Visible(HTMLParser):
    """Collects the texts that people see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.inside.append(tag)
        self.texts += [value for name, value in attrs if name in READ_ALOUD and value]

    def handle_endtag(self, tag):
        self.inside.append("")

    def handle_data(self, data):
        if not self.inside or self.inside[-1] not in ("script", "style"):
            self.texts.append(data)


def skipped_until(token) -> str:
    """The tag that ends what is translated, or never seen, from `token` on; "" for none."""
    tag, *rest = token.split_contents() or [""]
    if token.token_type is not TokenType.BLOCK:
        return ""
    if tag in ("blocktranslate", "comment"):
        return f"end{tag}"
    return "endblock" if (tag, *rest) == ("block", "bodyclass") else ""


def unmarked(path: Path) -> list[str]:
    """Words of a template that stand outside every translation tag."""
    html, closing = [], ""
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        if closing:
            closing = "" if token.contents.startswith(closing) else closing
        elif closing := skipped_until(token):
            continue
        elif token.token_type is TokenType.TEXT:
            html.append(token.contents)
    parser = Visible()
    parser.feed(" ".join(html))
    return [word for word in WORD.findall(" ".join(parser.texts)) if word not in NOT_TRANSLATED]


def test_every_word_in_a_template_is_marked_for_translation():
    pages = [path for path in templates() if path.name not in NOT_READ]

    found = {str(path.relative_to(ROOT)): unmarked(path) for path in pages}

    assert {name: texts for name, texts in found.items() if texts} == {}
