"""Loading a world: defaults, versions, `until`, deletions, odd records, and refusals that name file and line."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pyarrow
import pyarrow.parquet
import pytest

from mpm_pipeline.errors import WorldError
from mpm_pipeline.simulator.verbatim import plain
from mpm_pipeline.simulator.world import load_world
from mpm_pipeline_tests.simulator.worlds import version, write_world


def day(text: str) -> datetime:
    """An instant of 2026 in UTC: `03-02` or `03-02T09:00`."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def test_card_is_read_with_defaults(tmp_path: Path) -> None:
    """A card without currency and zone means dollars and UTC; instants may be TOML's own or text."""
    world = load_world(write_world(tmp_path, ends_at="2026-05-31", seed=7))
    assert (world.name, world.currency, world.time_zone, world.seed) == ("hand-made", "USD", "UTC", 7)
    assert (world.starts_at, world.ends_at, world.now) == (day("01-01"), day("05-31"), day("06-01"))
    (tmp_path / "world.toml").write_text("starts_at = 2026-01-01\nnow = 2026-06-01T09:00:00+09:00\n")
    assert load_world(tmp_path).now == day("06-01")


@pytest.mark.parametrize(
    ("stream", "record", "expected"),
    [
        ("salesforce/Account", {"Id": "1", "SystemModstamp": "2026-02-03T04:05:06.000+0000"}, "02-03T04:05:06"),
        ("salesforce/LeadHistory", {"Id": "1", "CreatedDate": "2026-02-03T04:05:06.000+0000"}, "02-03T04:05:06"),
        ("salesforce/Account", {"Id": "1", "SystemModstamp": "soon", "CreatedDate": "2026-02-03T00:00:00Z"}, "02-03"),
        ("marketo/programs", {"id": 1, "updatedAt": "2026-02-03T04:05:06Z+0000"}, "02-03T04:05:06"),
        ("marketo/activities", {"marketoGUID": "9", "activityDate": "2026-02-03T04:05:06Z"}, "02-03T04:05:06"),
        ("linkedin/posts", {"id": "p", "lastModifiedAt": 1770091506000}, "02-03T04:05:06"),
        ("linkedin/leadFormResponses", {"id": "r", "submittedAt": 1770091506000}, "02-03T04:05:06"),
        (
            "linkedin/adAnalytics",
            {"pivotValues": ["urn:1"], "dateRange": {"start": {"year": 2026, "month": 2, "day": 3}}},
            "02-04",
        ),
        ("stripe/customers", {"id": "cus_1", "created": 1770091506}, "02-03T04:05:06"),
        ("marketo/listMembers", {"listId": 1, "leadId": 2}, "01-01"),
        ("finance/fx_rates", {"rate_id": "r1", "date": "2026-03-01"}, "01-01"),
    ],
)
def test_a_version_without_at_shows_from_its_own_time(tmp_path: Path, stream: str, record: dict, expected: str) -> None:
    """`at` defaults to the modification, else the creation, an ads day after its day, else the world's start."""
    vendor, name = stream.split("/")
    (only,) = load_world(write_world(tmp_path, {stream: [record]})).versions(vendor, name)
    assert only.at == day(expected)


@pytest.mark.parametrize(
    ("stream", "record", "key"),
    [
        ("salesforce/Account", {"Id": "001A"}, "001A"),
        ("marketo/activities", {"id": 5, "marketoGUID": "77"}, "77"),
        ("marketo/programMembers", {"programId": 1, "leadId": 2, "id": 9}, "1|2"),
        ("linkedin/networkSizes", {"entity": "urn:li:organization:1", "firstDegreeSize": 3}, "urn:li:organization:1"),
        ("hr/reps", {"is_a_rep": True, "email": "a@b.example"}, "a@b.example"),
        ("finance/unheard_of", {"code": "x", "id": "y"}, "x"),
        ("hubspot/contacts", {"id": "12"}, "12"),
    ],
)
def test_keys_are_the_vendors_own(tmp_path: Path, stream: str, record: dict, key: str) -> None:
    """A record is known by its vendor's key, composite ones included, a file's row by its first column."""
    vendor, name = stream.split("/")
    assert [found.key for found in load_world(write_world(tmp_path, {stream: [record]})).versions(vendor, name)] == [
        key
    ]


def test_newest_version_shows_and_until_brings_the_older_back(tmp_path: Path) -> None:
    """Of one key the newest `at` shows; after its `until` the older one again, and nothing where there is none."""
    lines = [
        version({"Id": "1", "Name": "old"}, at="2026-02-01T00:00:00Z"),
        version({"Id": "1", "Name": "new"}, at="2026-03-01T00:00:00Z", until="2026-04-01T00:00:00Z"),
        version({"Id": "2", "Name": "gone"}, at="2026-02-01T00:00:00Z", until="2026-03-01T00:00:00Z"),
    ]
    world = load_world(write_world(tmp_path, {"salesforce/Account": lines}))

    def names(at: str) -> list[str]:
        return sorted(found.record["Name"] for found in world.visible("salesforce", "Account", day(at)))

    assert names("01-15") == []
    assert names("02-01") == ["gone", "old"]
    assert names("03-01") == ["new"]
    assert names("03-31") == ["new"]
    assert names("04-01") == ["old"]


def test_equal_instants_go_by_the_order_of_lines_and_deletes_are_kept(tmp_path: Path) -> None:
    """With the same `at` the later line wins, and a deleted version is handed on for the vendor to show."""
    at = "2026-02-01T00:00:00Z"
    lines = [version({"Id": "1", "n": 1}, at=at), version({"Id": "1", "n": 2}, at=at, deleted=True)]
    world = load_world(write_world(tmp_path, {"salesforce/Account": lines}))
    (only,) = world.visible("salesforce", "Account", world.now)
    assert (only.record["n"], only.deleted) == (2, True)


def test_rows_without_a_key_stand_alone(tmp_path: Path) -> None:
    """Damaged rows without an id are all served, each for itself."""
    world = load_world(write_world(tmp_path, {"salesforce/Account": [{"Id": None}, {"Id": " "}, {"Name": "x"}]}))
    assert len(world.visible("salesforce", "Account", world.now)) == 3


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1]", "no JSON object"),
        ("{broken", "no JSON object"),
        ('"text"', "no JSON object"),
        ("null", "no JSON object"),
        ('{"at": "2026-01-01T00:00:00Z"}', "no `record`"),
        ('{"record": [1]}', "`record` is no JSON object"),
        ('{"record": null}', "`record` is no JSON object"),
        ('{"record": {}, "at": "yesterday"}', "`at` is no ISO 8601 instant"),
        ('{"record": {}, "until": 5}', "`until` must be an ISO 8601 instant"),
        ('{"record": {}, "deleted": "yes"}', "`deleted` must be true or false"),
        ('{"record": {"a": 01}}', "no JSON object"),
        ('{"record": {}} {}', "no JSON object"),
    ],
)
def test_malformed_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    """A line that is no version stops the load, naming file, line and reason."""
    write_world(tmp_path, {"salesforce/Account": [{"Id": "1"}, "", line, {"Id": "2"}]})
    with pytest.raises(WorldError, match=r"salesforce/Account\.jsonl line 3: ") as refused:
        load_world(tmp_path)
    assert reason in str(refused.value)


def test_broken_files_and_cards_are_named(tmp_path: Path) -> None:
    """A missing folder or card, bad TOML, bad gzip, bad Parquet and bytes that are no UTF-8 each say so."""
    with pytest.raises(WorldError, match="no such folder"):
        load_world(tmp_path / "nowhere")
    with pytest.raises(WorldError, match=r"no world\.toml"):
        load_world(tmp_path)
    write_world(tmp_path, {"salesforce/Account": []})
    for name, content, reason in (
        ("world.toml", b"name = ", "is no TOML"),
        ("world.toml", b'now = "2026-01-01"', "lacks starts_at"),
        ("world.toml", b'starts_at = "2026-01-01"\nnow = "x"', "now = 'x' is no instant"),
        ("world.toml", b'starts_at = "2026-01-01"\nnow = "2026-01-01"\ntime_zone = "Mars/Base"', "time_zone"),
        ("salesforce/Lead.jsonl.gz", b"no gzip", r"Lead\.jsonl\.gz: cannot be read"),
        ("salesforce/Lead.parquet", b"no parquet", r"Lead\.parquet: cannot be read"),
        ("salesforce/Lead.jsonl", b'{"record":{}}\n{"record":{"a":"\xff"}}', r"Lead\.jsonl line 2: it is not UTF-8"),
    ):
        whole = (tmp_path / "world.toml").read_bytes()
        (tmp_path / name).write_bytes(content)
        with pytest.raises(WorldError, match=reason):
            load_world(tmp_path)
        (tmp_path / name).unlink()
        (tmp_path / "world.toml").write_bytes(whole)


def test_gzip_and_parquet_hold_the_same_versions(tmp_path: Path) -> None:
    """The three file forms are one format."""
    line = version({"Id": "1", "Amount": 10.0}, at="2026-02-01T00:00:00Z", until="2026-03-01T00:00:00Z", deleted=True)
    write_world(tmp_path, {"salesforce/Account": [line]})
    (tmp_path / "salesforce/Contact.jsonl.gz").write_bytes(gzip.compress(json.dumps(line).encode()))
    table = pyarrow.table(
        {
            "at": pyarrow.array([day("02-01")], pyarrow.timestamp("us", "UTC")),
            "until": [line["until"]],
            "deleted": [True],
            "record": [json.dumps(line["record"])],
        }
    )
    pyarrow.parquet.write_table(table, tmp_path / "salesforce/Lead.parquet")
    world = load_world(tmp_path)
    assert world.streams("salesforce") == ["Account", "Contact", "Lead"]
    shapes = [msgspec.structs.astuple(world.versions("salesforce", name)[0]) for name in world.streams("salesforce")]
    assert shapes[0] == shapes[1] == shapes[2]


def test_truth_and_stray_files_are_no_streams(tmp_path: Path) -> None:
    """What is not for serving is not even read."""
    write_world(tmp_path, {"truth/persons": ["not json"], "stripe/customers": [{"id": "cus_1"}]})
    (tmp_path / "stripe/README.md").write_text("words")
    world = load_world(tmp_path)
    assert (world.vendors(), world.streams("stripe")) == (["stripe"], ["customers"])
    assert world.versions("salesforce", "Account") == []


@pytest.mark.parametrize(
    "text",
    [
        '{"a":NaN,"b":1}',
        '{"a":"\\ud800"}',
        '{"a":1e400}',
        '{"Id":"1","Id":"2"}',
        '{"rows":[{"x":1,"x":2}],"n":1.50}',
        '{"a":"tab\there"}',
    ],
)
def test_odd_records_are_written_out_as_they_came(tmp_path: Path, text: str) -> None:
    """What strict JSON or a dict would lose (NaN, surrogates, repeated names) reaches the client as it stands."""
    world = load_world(write_world(tmp_path, {"stripe/customers": ['{"record": ' + text + "}"]}))
    (only,) = world.versions("stripe", "customers")
    assert msgspec.json.encode(only.record).decode() == text.replace("1.50", "1.5")


def test_a_repeated_name_counts_with_its_last_value(tmp_path: Path) -> None:
    """Filters and keys see of a repeated name the last value, as most readers do."""
    world = load_world(write_world(tmp_path, {"salesforce/Account": ['{"record": {"Id": "1", "Id": "2"}}']}))
    (only,) = world.versions("salesforce", "Account")
    assert (only.key, plain(only.record["Id"])) == ("2", "2")
