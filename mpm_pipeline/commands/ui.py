"""`mpm ui`: Dagster's web pages with schedules and sensor on, for a home and, if wished, a simulated world."""

import os
from contextlib import ExitStack
from pathlib import Path

import click

from mpm_pipeline.commands import options
from mpm_pipeline.errors import ConfigError


@click.command()
@click.option("--port", default=3000, show_default=True, help="Port on 127.0.0.1; 0: any free one.")
@click.option(
    "--world",
    "world_text",
    default=None,
    metavar="DIR",
    help="Simulate this world's vendors; default: the home's demo world.",
)
@options.home
@options.as_json
def ui(port: int, world_text: str | None, home_text: str | None, is_json: bool) -> None:
    """Open Dagster's web UI on this home, with schedules and the late-data sensor on, until stopped by Ctrl-C."""
    from mpm_pipeline.orchestration.ui import serve

    root = options.folder(home_text)
    with ExitStack() as stack:
        control = _simulate(stack, root, world_text)
        click.echo("starting: about ten seconds", err=True)
        serve(root, port, lambda address: _tell(address, control, root, is_json))


def _simulate(stack: ExitStack, root: Path, world_text: str | None) -> str | None:
    """Start the simulator of the world, if there is one, and point all processes to it; return its control address."""
    from mpm_pipeline.orchestration.demo import environment, remember, world_of

    world = Path(world_text).absolute() if world_text else world_of(root)
    if world is None:
        return None
    if not (world / "world.toml").is_file():
        raise ConfigError(
            f"--world {world} holds no world.toml; name a world folder, or make one with `mpm world generate DIR`"
        )
    from mpm_pipeline.simulator.server import Simulator

    simulator = stack.enter_context(Simulator(world))
    values = environment(simulator.state(), simulator.world.starts_at.date(), world)
    os.environ.update(values)
    remember(root, values)
    return simulator.control_url


def _tell(address: str, control: str | None, root: Path, is_json: bool) -> None:
    lines = [
        f"Dagster serves {root} at {address}",
        f"  lineage      {address}/asset-groups",
        f"  automation   {address}/automation (two refresh schedules, the hourly probe, the late-data sensor)",
        f"  runs         {address}/runs",
    ]
    if control:
        lines.append(f"  simulator    {control}/state (PUT /clock moves its clock)")
    lines.append("Stop it with Ctrl-C.")
    document = {"status": "serving", "url": address, "home": str(root), "simulator": control}
    options.answer(document, is_json, "\n".join(lines))
