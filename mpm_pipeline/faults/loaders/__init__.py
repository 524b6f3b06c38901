"""Loaders that can be put to the test: ours, a plain loop, dlt's rest_api source, and loaders kept wrong on purpose."""
