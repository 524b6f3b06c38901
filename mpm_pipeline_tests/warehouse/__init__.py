"""Tests of the engine, the raw log and what is accepted from it."""
