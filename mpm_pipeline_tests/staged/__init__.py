"""Tests of the staged tables: vendor records in, our rows out."""
