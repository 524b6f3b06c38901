"""Tests of the world generator."""
