"""Writes what is known of every SQL model by parsing it, so that runs need not parse it.

mpm_pipeline/orchestration/column_lineage.json has the traced columns, mpm_pipeline/warehouse/reads.json the tables read. An entry counts only while its SQL file is the same; a changed file is traced in the run until this tool has run again.
"""

import json
from pathlib import Path

import mpm_pipeline
from mpm_pipeline.orchestration.metadata import LINEAGE, code_version, traced
from mpm_pipeline.orchestration.session import STAGED_FOLDERS
from mpm_pipeline.orchestration.stages import STAGED, models, staged_tables
from mpm_pipeline.warehouse.models import READS, fingerprint, parsed_references


def build() -> dict[str, object]:
    """Return the file's content."""
    files = {(model.contract, model.sql) for model in models().values() if model.sql}
    files |= {
        (f"staged.{name}", STAGED / folder / f"{name}.sql")
        for folder in STAGED_FOLDERS
        for name in staged_tables(folder)
    }
    return {
        f"{file.parent.name}/{file.stem}": {"version": code_version(file), "columns": traced(contract, file)}
        for contract, file in sorted(files, key=lambda pair: str(pair[1]))
    }


def reads() -> dict[str, list[str]]:
    """Return what every SQL model reads, by the hash of its text."""
    files = (file for file in Path(mpm_pipeline.__file__).parent.rglob("*.sql") if file.name != "macros.sql")
    return {fingerprint(text): list(parsed_references(text)) for text in (file.read_text() for file in files)}


if __name__ == "__main__":
    READS.write_text(json.dumps(reads(), indent=0, sort_keys=True) + "\n")
    LINEAGE.write_text(json.dumps(build(), indent=0, sort_keys=True) + "\n")
