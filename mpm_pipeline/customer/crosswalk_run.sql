-- One row per as-of at which a run told who is who, also when it told nothing new: what a run that looks back says holds until the next of them.
SELECT as_of FROM run.setting
UNION
SELECT as_of FROM customer.crosswalk_run
ORDER BY as_of
