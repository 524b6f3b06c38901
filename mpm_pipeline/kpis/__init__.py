"""Figures: the catalogue of KPIs, the facts behind them, the parts that each measure delivers, and the figures made of parts.

Everything is SQL over staged tables and the unified customer; who the customer is was decided before, and what is shown to
whom is decided later.
"""
