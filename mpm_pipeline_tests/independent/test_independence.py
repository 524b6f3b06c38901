"""The independent computation stays independent."""

import ast
from pathlib import Path


def test_nothing_of_the_pipeline_is_imported() -> None:
    """No module here, tests included, imports mpm_pipeline: an agreement of the two must mean something."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    assert len(files) > 20
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.split(".")[0] == "mpm_pipeline"], file.name
