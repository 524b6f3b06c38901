"""Makes `feature`: what can be compared of each record (identity 1). Every distinct text is made plain once, not every record's.

Texts are places in their distinct values; the engine makes these plain (`feature_*.sql`), and records take what came of theirs.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mpm_pipeline.customer.resolution.aside import set_aside
from mpm_pipeline.customer.resolution.customers import Coded, Whole, coded, places
from mpm_pipeline.customer.resolution.settle import bring_lists, listed, make, text
from mpm_pipeline.customer.resolution.side_by_side import aside, side_by_side
from mpm_pipeline.customer.resolution.suffixes import bare, before_given
from mpm_pipeline.customer.resolution.surviving import filled
from mpm_pipeline.warehouse import engine
from mpm_pipeline.warehouse.domains import HOST, registrable_domain

PLACED = {"city": "city_key", "street": "street_key", "state": "state_key", "title": "title_key"}
TEXTS = ("first_name", "last_name", "full_name", "company", "email", "phone", *PLACED)
AS_THEY_ARE = (
    "row", "source", "object", "record_id", "is_company", "deleted", "handle", "birth_date", "postal_code", "country", "person_key", "account_key",
    "parent_account_key", "created_at", "updated_at",
)  # fmt: skip


def prepare(connection: Any, records: pa.Table) -> dict[str, Coded]:
    """Bring records and lists in and make `feature` and `home`; return texts as places in their distinct values."""
    bring_lists(connection)
    connection.register("record", records)
    texts = make_features(connection, records)
    set_aside(connection)
    make(connection, "born")
    make(connection, "home")
    return texts


def make_features(connection: Any, records: pa.Table) -> dict[str, Coded]:
    """Make `feature` of the records; return texts as places in their distinct values."""
    found_places = side_by_side(lambda name: coded(records[name]), TEXTS, records.num_rows)
    texts = dict(zip(TEXTS, found_places, strict=True))
    found: dict[str, Any] = {name: records[name] for name in AS_THEY_ARE}
    found |= {name: _declared(records[name]) for name in ("person_key", "account_key", "handle", "parent_account_key")}
    mailed, mail = _each(connection, texts["email"], "feature_mail")
    site = pc.coalesce(filled(records["domain"]), records["website"])
    domains = aside(lambda: _own_domains(mail["host"], site), records.num_rows)
    found |= {name: _of(mail[name], mailed) for name in ("mailbox", "is_role")}
    found |= _words(connection, texts)
    found["birth_date"] = _births(connection, records)
    code, company = _each(connection, texts["company"], "feature_company")
    found["company_key"] = _of(company["company_key"], code)
    code, phone = _each(connection, texts["phone"], "feature_phone")
    found["phone_key"] = _of(phone["phone_key"], code)
    domain, found["web_domain"] = domains()
    found["mail_domain"] = _of(domain, mailed)
    connection.register("plain", pa.table(found))
    make(connection, "feature")
    connection.unregister("plain")
    return texts


def _declared(column: Any) -> Any:
    """Return ids, or lists of ids, without words that stand for none: such a word is declared by many and would make them one."""
    whole = _array(column)
    if pa.types.is_list(whole.type):
        ids = whole.values
        hollow = _no_id(ids)
        return (
            pa.ListArray.from_arrays(whole.offsets, pc.if_else(hollow, None, ids)) if pc.any(hollow).as_py() else whole
        )
    return pc.if_else(_no_id(whole), None, whole)


def _no_id(ids: Any) -> Any:
    bare = pc.utf8_lower(pc.utf8_trim_whitespace(ids))
    return pc.fill_null(pc.or_(pc.is_in(bare, listed("hollow_id")), pc.match_substring_regex(bare, "^0+$")), False)


def _words(connection: Any, texts: dict[str, Coded]) -> dict[str, Any]:
    """Return names and places in plain words: all distinct texts go to the engine at once."""
    columns, generation = _bare_names(texts)
    columns |= {name: texts[name] for name in PLACED}
    plain = _plain(connection, pa.concat_arrays([one for _, one in columns.values()]), "feature_word")
    begin = np.cumsum([0, *(len(one) for _, one in columns.values())])
    place = {part: np.where(code < 0, -1, code + start) for (part, (code, _)), start in zip(columns.items(), begin, strict=False)}  # fmt: skip
    first, last, after = (_tells(*columns[part]) for part in ("first_name", "last_name", "after"))
    short = np.where(place["whole"] < 0, -1, place["whole"] + plain.num_rows)
    given = np.where(first, place["first_name"], np.where(after, place["after"], short))
    family = np.where(last, place["last_name"], place["family"])
    both = {name: pa.concat_arrays([_array(plain[name]), _array(plain[one])]) for name, one in (("given", "short"), ("given_key", "short_key"))}  # fmt: skip
    found = {"given": _of(both["given"], given), "given_key": pc.fill_null(_of(both["given_key"], given), "")}
    found |= {"family": _of(plain["words"], family), "generation": generation}
    return found | {name: _of(plain["words"], place[one]) for one, name in PLACED.items()}


def _bare_names(texts: dict[str, Coded]) -> tuple[dict[str, Coded], Whole]:
    """Return names without suffixes, full ones in their parts, and the generation that each record's names tell, 0: none."""
    columns: dict[str, Coded] = {}
    told = []
    for name, words in (("first_name", 1), ("last_name", 1), ("full_name", 2)):
        code, names = texts[name]
        names, generation = bare(names, words)
        parts = {name: names}
        if name == "full_name":
            parts = _parts(before_given(names))
            parts["family"], before_comma = bare(parts["family"])
            generation = np.maximum(generation, before_comma)
        columns |= {part: (code, one) for part, one in parts.items()}
        told.append(np.append(generation, np.int8(0))[code])
    return columns, np.maximum.reduce(told)


def _parts(names: Any) -> dict[str, Any]:
    """Part full names: what stands after a comma, the family name, and names without a comma as they are."""
    comma = pc.match_substring(names, ",")
    bare = pc.if_else(comma, None, names)
    listed = pc.split_pattern(pc.if_else(comma, names, ","), ",")
    trimmed = pc.utf8_trim(bare, " ")
    last = pc.list_element(pc.split_pattern(pc.if_else(pc.match_substring(trimmed, " "), trimmed, " "), " ", max_splits=1, reverse=True), 1)  # fmt: skip
    family = pc.if_else(comma, pc.list_element(listed, 0), pc.if_else(pc.match_substring(trimmed, " "), last, None))
    return {"after": pc.if_else(comma, pc.list_element(listed, 1), None), "family": family, "whole": bare}


def _births(connection: Any, records: pa.Table) -> Any:
    """Return birth dates as ISO 8601 where they are dates; those that are written so already are left alone."""
    told = filled(records["birth_date"])
    odd = np.flatnonzero(
        pc.invert(pc.fill_null(pc.match_substring_regex(told, r"^[1-9]\d{3}-\d{2}-\d{2}$"), True)).to_numpy()
    )
    if not len(odd):
        return told
    connection.register(
        "birth",
        pa.table({"place": odd, "source": records["source"].take(pa.array(odd)), "text": told.take(pa.array(odd))}),
    )
    found = engine.fetch(connection, text("birth_day"))["birth_date"]
    connection.unregister("birth")
    mask = np.zeros(len(told), dtype=bool)
    mask[odd] = True
    return pc.replace_with_mask(_array(told), pa.array(mask), _array(found))


def _each(connection: Any, column: Coded, model: str) -> tuple[Whole, pa.Table]:
    """Return a text column as places in its distinct values, -1 for null, and what a model makes of each of these."""
    code, names = column
    return code, _plain(connection, names, model)


def _plain(connection: Any, texts: Any, model: str) -> pa.Table:
    """Return what a model makes of texts, in their order."""
    connection.register("raw", pa.table({"place": np.arange(len(texts)), "text": texts}))
    found = engine.fetch(connection, text(model))
    connection.unregister("raw")
    return found.take(pa.array(np.argsort(found["place"].to_numpy(), kind="stable")))


def _own_domains(hosts: Any, sites: Any) -> tuple[Any, Any]:
    """Return the part of mail hosts and of websites that somebody registered; null where everybody may have a mailbox or a page, or nobody has."""
    (mail, host), (site, names) = coded(hosts), coded(sites)
    found = pc.struct_field(pc.extract_regex(pc.utf8_lower(pc.utf8_trim_whitespace(names)), HOST.pattern), "host")
    part = _registered(pa.chunked_array([host, found]))
    of_mail, of_site = part.slice(0, len(host)), part.slice(len(host))
    free, hollow = listed("free_mail"), listed("hollow_domain")
    nobody = pc.or_(pc.is_in(of_mail, free), pc.is_in(host, hollow))
    lodger = pc.and_(
        pc.is_in(of_site, listed("page_host")), pc.match_substring_regex(names, r"^\s*(?i:https?://)?[^/?#]+/[^/\s]")
    )
    inner = pc.not_equal(pc.replace_substring_regex(found, r"^www\.", ""), of_site)
    lodger = pc.or_(lodger, pc.and_(pc.is_in(of_site, listed("site_host")), pc.fill_null(inner, False)))
    hidden = pc.or_(pc.or_(pc.is_in(of_site, free), pc.is_in(of_site, hollow)), lodger)
    return _of(pc.if_else(nobody, None, of_mail), mail), _of(pc.if_else(hidden, None, of_site), site)


def _registered(hosts: Any) -> Any:
    """Return the registered part of hosts; what stands behind `www.` is looked up once with and without it."""
    bare = pc.replace_substring_regex(hosts, r"^www\.(.+\.)", r"\1")
    code, names = coded(bare)
    part = _of(pa.array([registrable_domain(name) for name in names.to_pylist()], pa.string()), code)
    odd = np.flatnonzero(np.asarray(pc.and_(pc.is_null(part), pc.is_valid(hosts)), dtype=bool))
    if not len(odd):
        return part
    found = pa.array([registrable_domain(name) for name in hosts.take(pa.array(odd)).to_pylist()], pa.string())
    marked = np.zeros(len(part), dtype=bool)
    marked[odd] = True
    return pc.replace_with_mask(part, pa.array(marked), found)


def _tells(code: Whole, names: Any) -> Any:
    """Mark records whose text is more than blanks."""
    return np.append(np.asarray(pc.is_valid(filled(names))), False)[code]


def _of(values: Any, code: Whole) -> Any:
    return _array(values).take(places(code))


def _array(values: Any) -> Any:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
