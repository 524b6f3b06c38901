"""The SOQL subset that the simulator reads: text to a syntax tree, refused as Salesforce refuses it.

SELECT with parent paths, FIELDS(), COUNT() and aggregates; WHERE with AND, OR, NOT, IN, LIKE, INCLUDES, date
literals and semi-joins; GROUP BY, ORDER BY, LIMIT, OFFSET. No child subqueries, TYPEOF or HAVING. What a name means
is not known here.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from mpm_pipeline.simulator.instants import parse_instant
from mpm_pipeline.simulator.salesforce.errors import Refused, query_refused

MAX_LENGTH: Final = 100_000
AGGREGATES: Final = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "MIN", "MAX", "AVG"})

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>'(?:[^'\\]|\\.)*')
    |(?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d:?\d\d))
    |(?P<date>\d{4}-\d\d-\d\d(?![\dT]))
    |(?P<number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w-]))
    |(?P<name>[A-Za-z_][\w.]*(?::\d+)?)
    |(?P<sign>!=|<>|<=|>=|[=<>(),]))""",
    re.VERBOSE,
)
_KEYWORDS = frozenset(
    [
        "SELECT",
        "FROM",
        "WHERE",
        "GROUP",
        "ORDER",
        "LIMIT",
        "OFFSET",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "INCLUDES",
        "EXCLUDES",
        "BY",
        "HAVING",
    ]
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@dataclass(frozen=True)
class Token:
    """One word of a query and where it stands."""

    kind: str
    text: str
    position: int

    @property
    def upper(self) -> str:
        """The text in upper case, for keywords; a quoted string is never one."""
        return self.text.upper() if self.kind in ("name", "sign") else ""


@dataclass(frozen=True)
class Path:
    """A field as written: `("Account", "Name")`."""

    names: tuple[str, ...]
    position: int


@dataclass(frozen=True)
class Aggregate:
    """`COUNT(Id) n`; `path` is None for a bare COUNT()."""

    function: str
    path: Path | None
    alias: str | None


@dataclass(frozen=True)
class AllFields:
    """`FIELDS(ALL)`, `FIELDS(STANDARD)` or `FIELDS(CUSTOM)`."""

    which: str
    position: int


@dataclass(frozen=True)
class Literal:
    """A value: `kind` is null, boolean, number, string, date, datetime or range (a date literal's name)."""

    kind: str
    value: Any
    position: int


@dataclass(frozen=True)
class Compare:
    """`path sign value`; the sign is upper case, the value a literal, several, or a subquery."""

    path: Path
    sign: str
    value: "Literal | tuple[Literal, ...] | Query"


@dataclass(frozen=True)
class Junction:
    """Conditions joined by AND, OR or (one of them) NOT."""

    word: str
    parts: "tuple[Condition, ...]"


Condition = Compare | Junction


@dataclass(frozen=True)
class Order:
    """One term of ORDER BY; nulls come first unless asked otherwise."""

    path: Path | Aggregate
    descending: bool = False
    nulls_last: bool = False


@dataclass
class Query:
    """A parsed query; `text` is kept for error messages."""

    text: str
    object_name: str = ""
    object_position: int = 0
    items: list[Path | Aggregate | AllFields] = field(default_factory=list)
    where: Condition | None = None
    group_by: list[Path] = field(default_factory=list)
    order_by: list[Order] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0


def parse(text: str) -> Query:
    """Parse a query; Refused carries MALFORMED_QUERY and the place."""
    if len(text) > MAX_LENGTH:
        raise Refused(400, "MALFORMED_QUERY", f"SOQL statements cannot be longer than {MAX_LENGTH} characters.")
    parser = _Parser(text)
    query = parser.query()
    parser.expect_end()
    return query


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    end = len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise query_refused("MALFORMED_QUERY", text, at, f"unexpected token: '{text[at : at + 20]}'")
        kind = match.lastgroup
        found.append(Token(kind, match.group(kind), match.start(kind)))
        at = match.end()
    return [*found, Token("end", "<EOF>", len(text))]


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._at = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _accept(self, *words: str) -> bool:
        upcoming = [token.upper for token in self._tokens[self._at : self._at + len(words)]]
        if upcoming != list(words):
            return False
        self._at += len(words)
        return True

    def _require(self, *words: str) -> None:
        for word in words:
            if not self._accept(word):
                raise self._unexpected(f"expecting '{word.lower()}'" if word.isalpha() else f"expecting '{word}'")

    def _unexpected(self, hint: str = "") -> Refused:
        token = self._next
        reason = f"unexpected token: '{token.text}'" + (f" ({hint})" if hint else "")
        return query_refused("MALFORMED_QUERY", self._text, token.position, reason)

    def expect_end(self) -> None:
        """Refuse whatever stands after the query."""
        if self._next.kind != "end":
            raise self._unexpected()

    def query(self) -> Query:
        """Read a query from here on."""
        query = Query(self._text)
        self._require("SELECT")
        query.items = [self._item()]
        while self._accept(","):
            query.items.append(self._item())
        self._require("FROM")
        query.object_position = self._next.position
        query.object_name = self._take().text if self._next.upper == "GROUP" else self._name()
        if self._accept("WHERE"):
            query.where = self._condition()
        if self._accept("GROUP", "BY"):
            query.group_by = [self._path()]
            while self._accept(","):
                query.group_by.append(self._path())
        if self._accept("ORDER", "BY"):
            query.order_by = [self._order()]
            while self._accept(","):
                query.order_by.append(self._order())
        if self._accept("LIMIT"):
            query.limit = self._whole_number()
        if self._accept("OFFSET"):
            query.offset = self._whole_number()
        return query

    def _name(self) -> str:
        if self._next.kind != "name" or ":" in self._next.text or self._next.upper in _KEYWORDS:
            raise self._unexpected()
        return self._take().text

    def _path(self) -> Path:
        position = self._next.position
        return Path(tuple(self._name().split(".")), position)

    def _item(self) -> Path | Aggregate | AllFields:
        path = self._path()
        word = path.names[0].upper()
        if len(path.names) > 1 or self._next.text != "(":
            return path
        if word == "FIELDS":
            self._require("(")
            which = self._name().upper()
            self._require(")")
            if which not in ("ALL", "STANDARD", "CUSTOM"):
                raise query_refused("MALFORMED_QUERY", self._text, path.position, f"unexpected token: '{which}'")
            return AllFields(which, path.position)
        found = self._aggregate(path)
        if self._next.kind == "name" and self._next.upper not in _KEYWORDS:
            return Aggregate(found.function, found.path, self._name())
        return found

    def _aggregate(self, path: Path) -> Aggregate:
        function = path.names[0].upper()
        if function not in AGGREGATES:
            raise self._unexpected()
        self._require("(")
        inner = None if function == "COUNT" and self._next.text == ")" else self._path()
        self._require(")")
        return Aggregate(function, inner, None)

    def _condition(self) -> Condition:
        parts = [self._unary()]
        word = self._next.upper
        if word not in ("AND", "OR"):
            return parts[0]
        while self._accept(word):
            parts.append(self._unary())
        if self._next.upper in ("AND", "OR"):
            raise self._unexpected("AND and OR need parentheses")
        return Junction(word, tuple(parts))

    def _unary(self) -> Condition:
        if self._accept("NOT"):
            return Junction("NOT", (self._unary(),))
        if self._accept("("):
            inner = self._condition()
            self._require(")")
            return inner
        return self._comparison()

    def _comparison(self) -> Compare:
        path = self._path()
        for words, sign in ((("NOT", "IN"), "NOT IN"), (("IN",), "IN")):
            if self._accept(*words):
                return Compare(path, sign, self._set(subquery=True))
        for sign in ("INCLUDES", "EXCLUDES"):
            if self._accept(sign):
                return Compare(path, sign, self._set())
        if self._accept("LIKE"):
            return Compare(path, "LIKE", self._literal())
        token = self._next
        if token.text not in ("=", "!=", "<>", "<", "<=", ">", ">="):
            raise self._unexpected()
        self._take()
        return Compare(path, "!=" if token.text == "<>" else token.text, self._literal())

    def _set(self, subquery: bool = False) -> "tuple[Literal, ...] | Query":
        self._require("(")
        if subquery and self._next.upper == "SELECT":
            query = self.query()
            self._require(")")
            return query
        values = [self._literal()]
        while self._accept(","):
            values.append(self._literal())
        self._require(")")
        return tuple(values)

    def _literal(self) -> Literal:
        token = self._next
        value: Any = token.text
        if token.kind == "string":
            value = re.sub(
                r"\\(.)", lambda match: _ESCAPES.get(match[1], match[0] if match[1] in "_%" else match[1]), value[1:-1]
            )
        elif token.kind == "number":
            value = float(value) if any(sign in value for sign in ".eE") else int(value)
        elif token.kind in ("date", "datetime"):
            value = parse_instant(value.upper())
            if value is None:
                raise self._unexpected()
        elif token.upper in ("TRUE", "FALSE"):
            return Literal("boolean", self._take().upper == "TRUE", token.position)
        elif token.upper == "NULL":
            return Literal("null", None, self._take().position)
        elif token.kind == "name" and token.upper not in _KEYWORDS:
            return Literal("range", self._take().upper, token.position)
        else:
            raise self._unexpected()
        return Literal(token.kind, value, self._take().position)

    def _order(self) -> Order:
        path: Path | Aggregate = self._path()
        if isinstance(path, Path) and self._next.text == "(":
            path = self._aggregate(path)
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_last = self._accept("NULLS", "LAST")
        if not nulls_last:
            self._accept("NULLS", "FIRST")
        return Order(path, descending, nulls_last)

    def _whole_number(self) -> int:
        if self._next.kind != "number" or not self._next.text.isdigit():
            raise self._unexpected()
        return int(self._take().text)
