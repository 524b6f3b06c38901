"""Stages one folder: accepts its streams from the raw log, runs its SQL models, and accounts for every row.

A folder is a vendor, or `files` for all file folders. Tables become `staged.<folder>.<table>`; the folder's share of
quarantine, reconciliation and freshness is written first, so that one can look at what stopped a run.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa

from mpm_pipeline.contracts.record import Record, Stream
from mpm_pipeline.contracts.registry import stream_of
from mpm_pipeline.contracts.registry import table as contract_of
from mpm_pipeline.errors import Halt
from mpm_pipeline.staged.freshness import freshness
from mpm_pipeline.warehouse.accept import accept
from mpm_pipeline.warehouse.account import counted, quarantine_sql, reconciliation_sql
from mpm_pipeline.warehouse.build import Warehouse
from mpm_pipeline.warehouse.domains import define
from mpm_pipeline.warehouse.engine import connect, fetch
from mpm_pipeline.warehouse.models import references
from mpm_pipeline.warehouse.rawlog import RawLog
from mpm_pipeline.warehouse.validate import validate

FOLDER = Path(__file__).parent
SMALL_STREAM = 100
"""Below this many rows one refused row says too little to stop publishing for."""
OWN = ("run.", "reference.")
"""What a staged model may read besides the streams of its own folder."""

log = logging.getLogger(__name__)
""
