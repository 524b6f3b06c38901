"""Makes business worlds of any size with the truth beside the records, to measure identity resolution on.

The kinds of errors are those that CRM, marketing automation, social and billing systems make of people: nicknames, initials,
typos, swapped names, tagged and private mailboxes, switchboards, placeholders, role mailboxes, job changes, namesakes at one
company and companies of one name in several countries. Names are made of syllables, with few of them frequent and many rare.
`python -m benchmarks.identity_world 100000 world.parquet`
"""

import itertools
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as csv

SQL = Path(__file__).with_name("identity_world.sql")
NICKNAMES = Path(__file__).parents[1] / "mpm_pipeline" / "customer" / "resolution" / "nickname.csv"
HEADS = "ba be bo bra da de do fa fer ga gre ha hel jo ka kel la le lo ma me mo na ne nor pa per ra ro sa ste ta to va ver wil wo ya za"
TAILS = "bach berg bury cott dale der don feld ford gan ham hart ker land ley lin low man mer mond more nan ner rick ris sen ser shaw son stad stein ster ton vall ville ward well wick win worth"
GIVEN = "bel da dan di dor ea el fan gin ia is la len lia lin lo mar mi na nel nor ra ri ron sa so ta tin va vin"
PEOPLE, COMPANIES, ROLES = 0.373, 0.0528, 0.0475
"""Per record; the rest are further records of the same people."""


def make(records: int, file: Path, seed: int = 1) -> int:
    """Write a world of about that many records; return how many there are."""
    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "4GB"}) as connection:
        nicknames = csv.read_csv(NICKNAMES)
        connection.register("nickname", nicknames)
        full = sorted(set(nicknames["given"].to_pylist()))
        for name, words in (("given", [*full, *_words(HEADS, GIVEN, 2400)]), ("family", _words(HEADS, TAILS, 30_000))):
            connection.register(name, pa.table({"rank": range(len(words)), "name": words}))
        sizes = {"people": PEOPLE, "companies": COMPANIES, "roles": ROLES}
        sql = SQL.read_text().replace("$seed", str(seed)).replace("$out", str(file))
        for name, share in sizes.items():
            sql = sql.replace(f"${name}", str(max(int(records * share), 2)))
        for statement in sql.split(";\n"):
            if statement.strip():
                connection.execute(statement)
        ((number,),) = connection.execute("SELECT count(*) FROM read_parquet(?)", [str(file)]).fetchall()
    return int(number)


def _words(first: str, last: str, number: int) -> list[str]:
    """Return that many different names: two syllables first, then three."""
    heads, tails = first.split(), last.split()
    short = (head + tail for head, tail in itertools.product(heads, tails))
    long = (one + two + tail for one, two, tail in itertools.product(heads, heads, tails) if one != two)
    every = list(dict.fromkeys(itertools.chain(short, long)))
    stride = next(step for step in (7919, 6007, 5003) if len(every) % step)
    return [every[place * stride % len(every)] for place in range(number)]


if __name__ == "__main__":
    print(make(int(sys.argv[1]), Path(sys.argv[2])))
