"""A real disk that is too small: a file system in memory where this process may mount one, for every library alike."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(place: Path, size: str) -> Iterator[bool]:
    """Mount a disk of a size at a folder and say whether that was possible; it is gone at the end."""
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(place)]
    is_there = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield is_there
    finally:
        if is_there:
            subprocess.run(["umount", str(place)], check=True)


def again(place: Path, options: str) -> None:
    """Mount it anew with other options: larger, or read-only."""
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)
