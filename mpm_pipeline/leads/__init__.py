"""Which rep should get which lead, and why: eligibility, score, assignment, explanation.

Scores are plain SQL over staged, customer and kpis tables; only the assignment is a solver's. Learned fit is kept apart and is 0
until it has earned its place.
"""
