"""Writes docs/data-dictionary.md and docs/kpi-catalogue.md from contracts and catalogue; run by `make docs`."""

from pathlib import Path

from mpm_pipeline.publish.dictionary_page import write

if __name__ == "__main__":
    for file in write(Path(__file__).parent.parent / "docs"):
        print(f"wrote {file.name}")
