"""Expressions of workflows: `${{ a.b == 'c' && d || 'e' }}`, as much of them as examples/github uses.

A context that is not there is an error, and so is a member that is missing, but for those of the event,
which depend on what happened: they are null, as they are for GitHub.
"""

import re

EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")
TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<sign>&&|\|\||==|!=|!|\(|\))|(?P<path>[A-Za-z_][\w.-]*))")


class Unknown(Exception):
    """What this reader does not know, or what is not there."""


def fill(value, context):
    """Puts in what the expressions of a value stand for."""
    if isinstance(value, dict):
        return {key: fill(inner, context) for key, inner in value.items()}
    if not isinstance(value, str):
        return value
    return EXPRESSION.sub(lambda found: as_text(evaluate(found.group(1), context)), value)


def holds(condition, context):
    """An `if`, with or without `${{ }}`; none always holds."""
    if condition is None:
        return True
    whole = EXPRESSION.fullmatch(condition.strip())
    return bool(evaluate(whole.group(1) if whole else condition, context))


def evaluate(text, context):
    reader = Reader(tokens(text), context)
    value = reader.any_of()
    if reader.left:
        raise Unknown(f"this reader does not know the end of {text!r}: {reader.left}")
    return value


def tokens(text):
    found, at = [], 0
    while text[at:].strip():
        token = TOKEN.match(text, at)
        if token is None:
            raise Unknown(f"this reader does not know {text[at:]!r}")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


class Reader:
    """Goes down by precedence: ||, &&, == and !=, !, and what stands in brackets."""

    def __init__(self, found, context):
        self.left, self.context = found, context

    def takes(self, *signs):
        if self.left and self.left[0][0] == "sign" and self.left[0][1] in signs:
            return self.left.pop(0)[1]
        return None

    def any_of(self):
        value = self.all_of()
        while self.takes("||"):
            other = self.all_of()
            value = value or other
        return value

    def all_of(self):
        value = self.compared()
        while self.takes("&&"):
            other = self.compared()
            value = value and other
        return value

    def compared(self):
        value = self.one()
        while sign := self.takes("==", "!="):
            value = (value == self.one()) == (sign == "==")
        return value

    def one(self):
        if self.takes("!"):
            return not self.one()
        if self.takes("("):
            value = self.any_of()
            if not self.takes(")"):
                raise Unknown("a bracket is not closed")
            return value
        kind, text = self.left.pop(0) if self.left else ("end", "the end")
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "path":
            return look_up(text, self.context)
        raise Unknown(f"{text!r} is not expected there")


def look_up(path, context):
    value, may_lack = context, path.startswith("github.event.")
    for part in path.split("."):
        if value is None or part not in value:
            if may_lack:
                return None
            raise Unknown(f"{path}: there is no {part}")
        value = value[part]
    return value


def as_text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
