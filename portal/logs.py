"""What no line of the log may hold."""

import logging
import re

# The address of a customer's link: its token is as good as a password. See checklists/urls.py.
TOKEN = re.compile(r"(/a/)[^/\s\"'?]+")


class WithoutTokens(logging.Filter):
    """Takes the tokens out of addresses, in the message and in what a traceback repeats."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _without(record.getMessage()), None
        if record.exc_info:
            record.exc_text = _without(logging.Formatter().formatException(record.exc_info))
        return True


def _without(text: str) -> str:
    return TOKEN.sub(r"\1[token]", text)
