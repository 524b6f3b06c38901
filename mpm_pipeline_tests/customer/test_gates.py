"""What must hold of the unified customer before anything rests on it, and the word of people on pairs of records."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mpm_pipeline.customer.gates import INPUTS, hold, judge, sizes
from mpm_pipeline.customer.labels import COLUMNS, labels
from mpm_pipeline.customer.labels import SCHEMA as LABELS
from mpm_pipeline.errors import ConfigError, Halt
from mpm_pipeline.warehouse.ledger_decisions import SCHEMA

LATER = "2026-07-02 00:00"


def contact(record_id, email=None, created="2026-01-01", **rest):
    return {"object": "Contact", "record_id": record_id, "email": email, "created_at": created, **rest}


def decided(decision, one="C1", other="C2"):
    row = {"source": "salesforce", "object": "Contact", "record_id": one, "decision": decision, "decided_by": "Kim", "why": ""}  # fmt: skip
    return {**row, "other_source": "salesforce", "other_object": "Contact", "other_record_id": other}


@pytest.fixture
def today(world):
    return world("2026-07-01 00:00")


def verdicts(home):
    for name in INPUTS:
        if name.startswith("customer."):
            home.table(name)
    return {one.name: one for one in judge({name: home.warehouse.read(name) for name in INPUTS})}


def say(home, *rows):
    home.warehouse.given["run.identity_decision"] = pa.Table.from_pylist(list(rows), schema=SCHEMA)


def merge_later(home):
    """Run once with two people, then a day later with C2 on the mailbox of C1."""
    home.stage("person", contact("C1", "a@x.com"), contact("C2", "b@x.com", "2026-02-01"))
    home.table("customer.id_redirect")
    home.again("customer.id_registry", "customer.id_redirect")
    home.at(LATER)
    home.warehouse.given.pop("staged.person")
    home.stage("person", contact("C1", "a@x.com"), contact("C2", "a@x.com", "2026-02-01"))


def people(home):
    return {row["record_id"]: row["person_id"] for row in home.table("customer.person_of")}


def test_a_sound_customer_passes_every_gate(today):
    """Two people, one of two records: one name at most, nothing set aside, no id changed, nothing decided."""
    today.stage("person", contact("C1", "a@x.com", last_name="Bee"), contact("C2", "a@x.com", last_name="Bee"), contact("C3", "c@x.com"))  # fmt: skip
    found = verdicts(today)
    assert {name: one.figure for name, one in found.items()} == {
        "names_of_one_person": 1, "keys_set_aside": 0, "ids_changed_without_need": 0, "decisions_not_kept": None, "labelled_pairs_wrong": None,
    }  # fmt: skip
    assert all(one.holds for one in found.values())


def test_a_giant_customer_stops_the_run(world):
    """Three names declared to be one contact, where two are allowed: Halt names the gate, no name of anybody."""
    today = world("2026-07-01 00:00", identity_max_names=2)
    names = ("Adams", "Baker", "Clark")
    today.stage("person", *(contact(f"L{n}", last_name=name, crm_contact_id="003C") | {"object": "Lead"} for n, name in enumerate(names)))  # fmt: skip
    assert verdicts(today)["names_of_one_person"].figure == 3
    with pytest.raises(Halt, match="names_of_one_person: 3 where at most 2") as told:
        hold({name: today.warehouse.read(name) for name in INPUTS})
    assert not any(name in str(told.value) for name in names)


def test_keys_that_are_set_aside_are_counted(world):
    """One of ten keys (two mailboxes, eight contacts) stands behind seven names, where a twentieth may be set aside."""
    today = world("2026-07-01 00:00", identity_max_set_aside_rate=0.05)
    today.stage("person", *(contact(f"C{n}", "front@acme.com", last_name=f"Name{n}") for n in range(7)), contact("C9", "i@acme.com"))  # fmt: skip
    found = verdicts(today)["keys_set_aside"]
    assert (found.figure, found.limit, found.holds) == (0.1, 0.05, False)


def test_an_id_that_changes_without_need_is_seen(today):
    """The registry of a run gives the same records another id: one gratuitous change; a merge is none."""
    merge_later(today)
    assert verdicts(today)["ids_changed_without_need"].figure == 0
    rows = today.warehouse.given["customer.id_registry"].to_pylist()
    for row in rows:
        row |= {"previous_id": row["id"], "id": "p_other"}
        row |= {"recorded_from_at": today.warehouse.as_of}
    today.warehouse.given["customer.id_registry"] = pa.Table.from_pylist(
        rows, schema=today.warehouse.given["customer.id_registry"].schema
    )
    assert verdicts(today)["ids_changed_without_need"].figure == 1


def test_a_persons_word_beats_every_key(today):
    """One mailbox, but somebody said that they are two; two mailboxes, but somebody said that they are one."""
    today.stage("person", contact("C1", "a@x.com", last_name="Bee"), contact("C2", "a@x.com", last_name="Bee"), contact("C3", "c@x.com"))  # fmt: skip
    say(today, decided("no"), decided("yes", "C2", "C3"))
    ids = people(today)
    assert ids["C1"] != ids["C2"] == ids["C3"]
    assert verdicts(today)["decisions_not_kept"].figure == 0


def test_the_newest_word_counts(today):
    """Yes, then no, whichever record is named first: they are two; a gate that found them one would stop the run."""
    today.stage("person", contact("C1", "a@x.com"), contact("C2", "b@x.com"))
    say(today, decided("yes"), decided("no", "C2", "C1"))
    ids = people(today)
    assert ids["C1"] != ids["C2"]
    assert verdicts(today)["decisions_not_kept"].figure == 0
    today.warehouse.given["customer.id_registry"] = today.warehouse.given["customer.id_registry"].set_column(5, "id", pa.array(["p_one"] * 2))  # fmt: skip
    assert verdicts(today)["decisions_not_kept"].figure == 1


def test_a_word_that_came_after_the_comparison_stops_nothing(today):
    """Between a run and the next somebody said that two are one: publishing once more goes by what the run knew."""
    today.stage("person", contact("C1", "a@x.com"), contact("C2", "b@x.com"))
    assert verdicts(today)["decisions_not_kept"].figure is None
    say(today, decided("yes"))
    assert verdicts(today)["decisions_not_kept"].figure is None


def test_sizes_before_and_after_are_drawn(today):
    """Two people of one record each become one of two."""
    merge_later(today)
    today.table("customer.id_registry")
    found = sizes(today.warehouse.given["customer.id_registry"], today.warehouse.as_of)
    assert found == {"before": [2, 0, 0, 0, 0, 0], "after": [0, 1, 0, 0, 0, 0]}


def test_what_resolution_sets_aside_counts(world):
    """One mailbox with five names: too few for the first guard, set aside by resolution, and counted all the same."""
    today = world("2026-07-01 00:00", identity_max_set_aside_rate=0.05)
    first = ("Anna", "Bernd", "Carla", "Dieter", "Emma")
    today.stage("person", *(contact(f"C{n}", "front@acme.com", first_name=name, last_name=f"Name{n}") for n, name in enumerate(first)))  # fmt: skip
    found = verdicts(today)["keys_set_aside"]
    assert today.table("customer.key_guard") == [] and len(today.table("customer.key_guard_report")) == 1
    assert found.figure == pytest.approx(1 / 6) and not found.holds


def test_decisions_that_contradict_each_other_stop_nothing(today):
    """C1 is C2, C2 is C3, C1 is not C3: nobody can keep all three, so the pair waits for a person and the run goes on."""
    today.stage("person", *(contact(f"C{n}", f"{n}@x.com") for n in (1, 2, 3)))
    say(today, decided("yes"), decided("yes", "C2", "C3"), decided("no", "C1", "C3"))
    assert all(one.holds for one in verdicts(today).values())
    assert any(row["reason"].startswith("decisions contradict") for row in today.table("customer.review_queue"))


def test_a_run_that_is_repeated_at_one_instant_is_judged_alike(today):
    """C2 joined C1 in this run; the run is repeated after C1 vanished: the merge was real, no id changed without need."""
    today.stage("person", contact("C1", "a@x.com"), contact("C2", "b@x.com", "2026-02-01"))
    today.table("customer.id_redirect")
    today.again("customer.id_registry", "customer.id_redirect")
    today.at(LATER)
    for records in ([contact("C1", "a@x.com"), contact("C2", "a@x.com", "2026-02-01")], [contact("C2", "a@x.com", "2026-02-01")]):  # fmt: skip
        today.warehouse.given.pop("staged.person")
        today.stage("person", *records)
        assert verdicts(today)["ids_changed_without_need"].figure == 0
        today.table("customer.id_redirect")
        today.again("customer.id_registry", "customer.id_redirect")


def labelled(home, *answers):
    """C1 and C2 share a mailbox, C3 and C4 one, C5 and C6 one; each pair is labelled in turn."""
    home.stage("person", *(contact(f"C{n}", f"{(n + 1) // 2}@x.com", last_name="Bee") for n in range(1, 7)))
    pairs = [decided(answer, f"C{2 * n + 1}", f"C{2 * n + 2}") for n, answer in enumerate(answers)]
    home.warehouse.given["run.identity_label"] = pa.Table.from_pylist([{name: row[name] for name in COLUMNS} for row in pairs], schema=LABELS)  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "limit", "figure", "holds"),
    [(("yes", "yes", "no"), 0.5, 1 / 3, True), (("yes", "no", "no"), 0.5, 2 / 3, False), (("yes", "no", "unsure"), 0.5, None, True)],
)  # fmt: skip
def test_precision_on_a_labelled_sample_stops_the_run(world, answers, limit, figure, holds):
    """Of three labelled pairs that are held as one, one or two are wrong, where half may be; with two labels nobody judges, and says so."""
    today = world("2026-07-01 00:00", identity_min_labels=3, identity_min_precision=1 - limit)
    labelled(today, *answers)
    found = verdicts(today)["labelled_pairs_wrong"]
    assert (found.figure, found.limit, found.holds) == (pytest.approx(figure) if figure else None, limit, holds)
    assert found.found == (found.figure or "fewer than identity.min_labels of the labelled pairs are held as one person")  # fmt: skip


@pytest.mark.parametrize(("answers", "figure", "holds"), [((), 0.5, False), (("no",), 0, True)])
def test_deciding_mends_what_the_labels_found(world, answers, figure, holds):
    """One of two labelled pairs is wrong; a no parts it, and the gate that stopped the run opens."""
    today = world("2026-07-01 00:00", identity_min_labels=1)
    labelled(today, "no", "yes")
    if answers:
        say(today, *(decided(answer) for answer in answers))
    found = verdicts(today)["labelled_pairs_wrong"]
    assert (found.figure, found.holds) == (figure, holds)


@pytest.mark.parametrize("answers", [("yes", "no"), ("no", "yes")])
def test_of_two_labels_of_a_pair_the_no_counts(world, answers):
    """In whichever order they stand."""
    today = world("2026-07-01 00:00", identity_min_labels=1)
    labelled(today, "yes")
    pairs = [decided(answers[0]), decided(answers[1], "C2", "C1")]
    today.warehouse.given["run.identity_label"] = pa.Table.from_pylist([{name: row[name] for name in COLUMNS} for row in pairs], schema=LABELS)  # fmt: skip
    assert verdicts(today)["labelled_pairs_wrong"].figure == 1


@pytest.mark.parametrize(("one", "other"), [("C1", "C2"), ("C2", "C1")])
def test_a_label_on_a_decided_pair_is_not_counted(world, one, other):
    """Of two labelled pairs the wrong one was decided as well, and is one because somebody said so: evidence is judged by the other one alone."""
    today = world("2026-07-01 00:00", identity_min_labels=1)
    labelled(today, "no", "yes")
    say(today, decided("yes", one, other))
    assert verdicts(today)["labelled_pairs_wrong"].figure == 0


def test_a_labels_file_is_read_or_refused_in_words(tmp_path):
    """CSV and Parquet from the home; a missing file, column or another answer is told with the setting."""
    row = {name: decided("no")[name] for name in COLUMNS}
    (tmp_path / "pairs.csv").write_text(",".join(COLUMNS) + "\n" + ",".join(row.values()) + "\n")
    pq.write_table(labels("pairs.csv", tmp_path), tmp_path / "pairs.parquet")
    assert labels("pairs.parquet", tmp_path).to_pylist() == [row]
    (tmp_path / "half.csv").write_text("source,decision\ns,no\n")
    (tmp_path / "odd.csv").write_text(",".join(COLUMNS) + "\n" + ",".join(row.values()).replace("no", "maybe") + "\n")
    (tmp_path / "hole.csv").write_text(",".join(COLUMNS) + "\n" + ",".join(row.values()).replace("C2", "") + "\n")
    (tmp_path / "na.csv").write_text(",".join(COLUMNS) + "\n" + ",".join(row.values()).replace("C2", "NA") + "\n")
    assert labels("na.csv", tmp_path)["other_record_id"].to_pylist() == ["NA"]
    pq.write_table(
        pa.table({name: [[value]] if name == "object" else [value] for name, value in row.items()}),
        tmp_path / "list.parquet",
    )
    for name, words in (
        ("none.csv", "cannot be read"), ("half.csv", "lacks the column object"), ("odd.csv", "'maybe'"),
        ("hole.csv", "rows without other_record_id"), ("list.parquet", "no text"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=f"identity.labels_file: .*{words}"):
            labels(name, tmp_path)
