"""Marketing performance management pipeline: see docs/architecture.md for the one picture of the flow."""
