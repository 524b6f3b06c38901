"""What SQL models read is remembered, and what is remembered is what parsing finds."""

from pathlib import Path

import pytest

import mpm_pipeline
from mpm_pipeline.warehouse import models
from mpm_pipeline.warehouse.models import fingerprint, parsed_references, references

FILES = sorted(file for file in Path(mpm_pipeline.__file__).parent.rglob("*.sql") if file.name != "macros.sql")


def test_nothing_that_ships_is_parsed_in_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file's inputs are remembered as they are now; if not, `make docs` writes them anew."""
    assert len(FILES) > 100
    found = {file.name: parsed_references(file.read_text()) for file in FILES}
    monkeypatch.setattr(models, "parsed_references", None)
    assert {file.name: references(file) for file in FILES} == found


def test_a_changed_file_is_parsed(tmp_path: Path) -> None:
    """One more word is another text."""
    file = tmp_path / "model.sql"
    file.write_text(
        "-- new\nSELECT * FROM kpis.period p JOIN staged.rep USING (id) JOIN (SELECT 1 AS id FROM run.setting) s USING (id)"
    )
    assert references(file) == ("kpis.period", "run.setting", "staged.rep")
    assert fingerprint(file.read_text()) != fingerprint(file.read_text() + " ")
