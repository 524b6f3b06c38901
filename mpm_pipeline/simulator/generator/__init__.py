"""The world generator: a coherent B2B company as its vendors would record it, by seed and size.

`generate` writes a folder in the world format: a maker of data software with its accounts, people, campaigns, leads,
deals, invoices and plans, with the usual dirt, late records, deletions and merges, and in `truth/` what really is so.
"""

from mpm_pipeline.simulator.generator.build import generate

__all__ = ["generate"]
