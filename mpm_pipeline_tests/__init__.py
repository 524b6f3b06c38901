"""Tests, mirroring the folders of mpm_pipeline."""
