"""Writes mpm_pipeline/orchestration/column_lineage.json: the traced columns of every SQL model, so that runs need not trace them.

An entry counts only while its SQL file is the same; a changed file is traced in the run until this tool has run again.
"""

import json

from mpm_pipeline.orchestration.metadata import LINEAGE, code_version, traced
from mpm_pipeline.orchestration.session import STAGED_FOLDERS
from mpm_pipeline.orchestration.stages import STAGED, models, staged_tables


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


if __name__ == "__main__":
    LINEAGE.write_text(json.dumps(build(), indent=0, sort_keys=True) + "\n")
