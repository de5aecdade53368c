"""What the catalogue's schema calls expected, as messages: a fault quotes it in the reader's
language. A test holds the list and the schema together."""

from django.utils.translation import gettext_noop

EXPECTED = (
    gettext_noop("a Japanese text that is not empty"),
    gettext_noop("a date such as 2022-06-22"),
    gettext_noop("a date such as 2022-06-22, or null"),
    gettext_noop("a label in Japanese and, if there is one, in English"),
    gettext_noop("a list of slugs, none of them twice"),
    gettext_noop("a name in Japanese and, if there is one, in English"),
    gettext_noop("a name that is not empty"),
    gettext_noop("a note in Japanese and, if there is one, in English; or null"),
    gettext_noop("a text in Japanese and, if there is one, in English"),
    gettext_noop("a text in Japanese and, if there is one, in English; or null"),
    gettext_noop("a version of source.revisions, or null"),
    gettext_noop("a whole number from 0"),
    gettext_noop("a whole number from 0 to 1000000000; newer releases rank higher"),
    gettext_noop("a whole number from 0, or null"),
    gettext_noop("a word"),
    gettext_noop("an address that starts with https:// or http://"),
    gettext_noop("an address that starts with https:// or http://, or null"),
    gettext_noop("at least one edition of the document"),
    gettext_noop("at least one product"),
    gettext_noop("at least one product the document covers, none of them twice"),
    gettext_noop("false: newer than the document"),
    gettext_noop(
        "groups of words that mean the same to somebody who searches; "
        "the first word of a group is its name"
    ),
    gettext_noop("letters and digits, joined by hyphens, dots or underscores, at most 80"),
    gettext_noop("lower-case letters and digits, joined by hyphens or dots, at most 80"),
    gettext_noop("lower-case letters and underscores"),
    gettext_noop("one line that is not empty"),
    gettext_noop("one line that is not empty, or null"),
    gettext_noop("where the date stands, or null"),
)
