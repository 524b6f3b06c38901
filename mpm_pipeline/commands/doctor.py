"""`mpm doctor`: the settings that count, where each comes from, and whether sources, home and database are fit for a run."""

from typing import TYPE_CHECKING

import click

from mpm_pipeline.commands import options

if TYPE_CHECKING:
    from mpm_pipeline.orchestration.doctor import Diagnosis


@click.command()
@options.home
@options.as_json
def doctor(home_text: str | None, is_json: bool) -> int:
    """Show the effective settings with their origin, and whether each source, the home and the database are fit.

    Exit codes: 0 fit, 2 a setting is wrong, 3 a source or the database refuses.
    """
    from mpm_pipeline.orchestration.doctor import examine

    found = examine(options.folder(home_text))
    options.answer(found.as_dict(), is_json, _words(found))
    return found.exit_code


def _words(found: "Diagnosis") -> str:
    lines = []
    for section, values in found.settings.items():
        lines.append(f"[{section}]")
        lines += [
            f"  {name} = {_value(facts['value'])}".ljust(56) + f"  {facts['origin']}" for name, facts in values.items()
        ]
    lines += ["", *(f"{one.state:<9} {one.about:<9} {one.name}: {one.text}" for one in found.findings), ""]
    lines.append("versions: " + ", ".join(f"{name} {number}" for name, number in found.versions.items()))
    lines.append(f"doctor: {VERDICT[found.status]}")
    return "\n".join(lines)


VERDICT = {
    "fine": "all is fit for a run",
    "warning": "a run would work; see the warnings",
    "settings": "a setting is wrong; mend it and look again",
    "refused": "a source, the home or the database refuses; the table says which",
}


def _value(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)
