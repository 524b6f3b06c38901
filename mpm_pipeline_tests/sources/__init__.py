"""Tests of the connectors and of how they land."""
