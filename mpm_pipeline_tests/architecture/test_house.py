"""The house keeps its shape: short files, one place per vendor, said purposes, documents that are true."""

import csv
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import sqlglot

from mpm_pipeline.vocabulary import VENDORS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "mpm_pipeline"
PYTHON = sorted(
    file
    for folder in ("mpm_pipeline", "mpm_pipeline_tests", "tools", "examples")
    for file in (ROOT / folder).rglob("*.py")
)
MODELS = sorted(
    file
    for layer in ("staged", "customer", "kpis", "leads")
    for file in (PACKAGE / layer).rglob("*.sql")
    if file.stem != "macros"
)


def test_no_file_is_longer_than_350_lines() -> None:
    """A file that grows beyond 350 lines is two files."""
    long = {
        str(file.relative_to(ROOT)): lines for file in PYTHON if (lines := len(file.read_text().splitlines())) > 350
    }
    assert long == {}


def test_every_module_says_what_belongs_in_it() -> None:
    """Each module of the package begins with a docstring."""
    silent = [str(file.relative_to(ROOT)) for file in PYTHON if not file.read_text().lstrip().startswith(('"""', "#!"))]
    assert [name for name in silent if not name.endswith("__init__.py")] == []


def test_no_file_is_named_for_nothing() -> None:
    """No utils, helpers, common or misc."""
    assert [file.name for file in PYTHON if file.stem in ("utils", "util", "helpers", "common", "misc")] == []


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_vendor_has_one_place_in_each_of_four_folders(vendor: str) -> None:
    """Contract, source, staged models and simulator of a vendor bear its name."""
    assert (PACKAGE / "contracts" / f"{vendor}.py").is_file()
    assert (PACKAGE / "sources" / vendor / "connector.py").is_file()
    assert list((PACKAGE / "staged" / vendor).glob("*.sql"))
    assert (PACKAGE / "simulator" / f"{vendor}.py").is_file() or (
        PACKAGE / "simulator" / vendor / "__init__.py"
    ).is_file()


def test_a_source_module_speaks_of_its_own_vendor_only() -> None:
    """No vendor's module in sources imports another vendor's."""
    for vendor in VENDORS:
        for file in (PACKAGE / "sources" / vendor).glob("*.py"):
            imported = set(re.findall(r"mpm_pipeline\.(?:sources|contracts)\.(\w+)", file.read_text()))
            others = {name for name in imported for other in VENDORS if other != vendor and name.startswith(other)}
            assert others == set(), file.name


@pytest.mark.parametrize(
    "file", [file for file in MODELS if file.parent.name in ("kpis", "leads")], ids=lambda file: file.stem
)
def test_measures_know_no_vendor(file: Path) -> None:
    """In the SQL of kpis and leads stands no vendor and no vendor's word for an object (`invoices` is our own word for a basis)."""
    with (PACKAGE / "staged" / "reference" / "object_role.csv").open() as listed:
        rows = list(csv.DictReader(listed))
    words = ({row["object"] for row in rows} | {row["source"] for row in rows}) - {"invoices"}
    code = "\n".join(line for line in file.read_text().splitlines() if not line.lstrip().startswith("--"))
    assert not words & set(re.findall(r"'(\w+)'", code))


@pytest.mark.parametrize("file", MODELS, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_model_says_what_it_makes(file: Path) -> None:
    """A SQL model begins with a comment, asks for no time of day and has one statement."""
    text = file.read_text()
    assert text.startswith("-- "), "a header comment with grain and purpose"
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("--"))
    assert not re.search(
        r"\b(now|current_date|current_timestamp|today|random)\s*\(|\bcurrent_(date|timestamp)\b", code, re.I
    )
    assert len(sqlglot.parse(text, dialect="duckdb")) == 1


def test_nothing_but_the_clock_asks_for_the_time() -> None:
    """`datetime.now`, `time.time` and `date.today` stand in sources/clock.py alone (the simulator has a clock of its own)."""
    asking = re.compile(r"datetime\.now\(|\btime\.time\(|date\.today\(|utcnow\(")
    found = {
        str(file.relative_to(PACKAGE))
        for file in PACKAGE.rglob("*.py")
        if asking.search(file.read_text()) and "simulator" not in file.parts
    }
    assert found == {"sources/clock.py"}


def test_every_dependency_is_imported_and_explained() -> None:
    """What pyproject.toml asks for is used somewhere and has its line in docs/decisions/0005-dependencies.md."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[\[<>=]", dependency)[0] for dependency in project["dependencies"]]
    explained = (ROOT / "docs" / "decisions" / "0005-dependencies.md").read_text()
    assert [name for name in names if name.lower() not in explained.lower()] == []
    modules: dict[str, set[str]] = {}
    for module, owners in packages_distributions().items():
        for owner in owners:
            modules.setdefault(owner.lower().replace("_", "-"), set()).add(module)
    code = "\n".join(file.read_text() for file in PACKAGE.rglob("*.py"))
    data_only = {"tzdata", "pytz", "dagster-webserver", "psycopg"}
    unused = [
        name
        for name in names
        if name not in data_only and not any(re.search(rf"\b{m}\b", code) for m in modules[name.lower()])
    ]
    assert unused == []


def test_help_answers_at_once() -> None:
    """`mpm --help` costs less than half a second of CPU and imports neither Dagster nor pandas."""
    script = (
        "import resource, sys; from mpm_pipeline.cli import call; call(['--help']);"
        "used = resource.getrusage(resource.RUSAGE_SELF); heavy = {'dagster', 'pandas', 'duckdb', 'pydantic'} & set(sys.modules);"
        "print('CPU', used.ru_utime + used.ru_stime, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    cpu, heavy = done.stdout.splitlines()[-1].removeprefix("CPU ").split(" ", 1)
    assert heavy == "[]"
    assert float(cpu) < 0.5


def test_the_readme_names_what_exists() -> None:
    """Every link of the README leads to a file of the project."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", (ROOT / "README.md").read_text())
    assert [link for link in links if not (ROOT / link).exists()] == []
