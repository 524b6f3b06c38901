-- One row per source: the day of its first event (readings 1). Accounts, contacts, products and other master data are no
-- events; an employment and a goal begin with their first day. Days before 1990 are taken for slips of the keyboard.
WITH event AS (
  SELECT source, min(created_at) AS first_at, CAST(NULL AS DATE) AS first_date FROM staged.lead GROUP BY source
  UNION ALL SELECT source, min("at"), NULL FROM staged.lead_event GROUP BY source
  UNION ALL SELECT source, min(created_at), min(CASE WHEN is_closed THEN close_date END) FROM staged.opportunity GROUP BY source
  UNION ALL SELECT source, min("at"), NULL FROM staged.opportunity_event GROUP BY source
  UNION ALL SELECT source, min("at"), NULL FROM staged.touch GROUP BY source
  UNION ALL SELECT source, min("at"), NULL FROM staged.attempt GROUP BY source
  UNION ALL SELECT source, min(starts_at), NULL FROM staged.meeting GROUP BY source
  UNION ALL SELECT source, NULL, min(start_date) FROM staged.cost GROUP BY source
  UNION ALL SELECT source, min(created_at), NULL FROM staged.invoice GROUP BY source
  UNION ALL SELECT source, min(least(created_at, started_at)), NULL FROM staged.subscription GROUP BY source
  UNION ALL SELECT source, min(created_at), NULL FROM staged.payment GROUP BY source
  UNION ALL SELECT source, NULL, min(booked_on) FROM staged.ledger_line GROUP BY source
  UNION ALL SELECT source, NULL, min(month_date) FROM staged.budget_entry GROUP BY source
  UNION ALL SELECT source, NULL, min(start_date) FROM staged.goal GROUP BY source
  UNION ALL SELECT source, NULL, min(start_date) FROM staged.employment GROUP BY source
  UNION ALL SELECT source, min(sent_at), NULL FROM staged.survey_response GROUP BY source
  UNION ALL SELECT source, NULL, min(referred_on) FROM staged.referral GROUP BY source
  UNION ALL SELECT source, min("at"), NULL FROM staged.resource_use GROUP BY source
), dated AS (
  SELECT e.source, local_date(e.first_at, s.company_time_zone) AS day FROM event e CROSS JOIN run.setting s
  UNION ALL
  SELECT source, first_date FROM event
)
SELECT d.source, least(greatest(min(d.day), DATE '1990-01-01'), min(s.as_of_date)) AS first_date
FROM dated d
CROSS JOIN run.setting s
WHERE d.day IS NOT NULL
GROUP BY d.source
