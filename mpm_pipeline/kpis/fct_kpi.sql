-- All figures: those that measures deliver, and goals, which are about other figures.
SELECT * FROM kpis.figure_measure
UNION ALL
SELECT * FROM kpis.figure_goal
