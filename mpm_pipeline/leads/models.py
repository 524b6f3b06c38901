"""The models of the leads layer: SQL files of this folder, and the distribution, which needs a solver."""

from pathlib import Path

from mpm_pipeline.leads.distribution import INPUTS, distribute
from mpm_pipeline.warehouse.models import Model, sql_models

MODELS = (
    *sql_models(Path(__file__).parent, "leads"),
    Model(
        "leads.lead_distribution",
        "leads.lead_distribution",
        INPUTS,
        function=distribute,
        purpose="Assigns leads to reps so that the total value is highest within everybody's free places, and says why.",
    ),
)
