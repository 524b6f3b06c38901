-- Which of the ids that are wanted are or were a customer's.
SELECT id FROM wanted
WHERE id IN (SELECT id FROM registered WHERE id IN (FROM wanted)) OR id IN (SELECT first_id FROM registered WHERE first_id IN (FROM wanted))
  OR id IN (SELECT old_id FROM redirected)
