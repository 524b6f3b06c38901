-- Customers under a number in the order of their ids, because whole numbers are joined, grouped and sorted in a fraction of the time that ids take.
SELECT kind, customer_id, row_number() OVER (ORDER BY kind, customer_id) AS number FROM (SELECT DISTINCT kind, customer_id FROM customer)
