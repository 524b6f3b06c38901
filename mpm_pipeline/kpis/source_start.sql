-- One row per source and kind of record: the day of the first event (readings 1), `any` for the source as a whole. Accounts,
-- contacts, products and other master data are no events; an employment and a goal begin with their first day. Days before
-- 1990 are taken for slips of the keyboard. Without a budget the ledger opens nothing of it.
WITH event AS (
  SELECT source, 'any' AS records, min(created_at) AS first_at, min(CASE WHEN is_converted THEN converted_date END) AS first_date FROM staged.lead GROUP BY source
  UNION ALL SELECT source, 'any', min("at"), NULL FROM staged.lead_event GROUP BY source
  UNION ALL SELECT source, 'any', min(created_at), min(CASE WHEN is_closed THEN close_date END) FROM staged.opportunity GROUP BY source
  UNION ALL SELECT source, 'any', min("at"), NULL FROM staged.opportunity_event GROUP BY source
  UNION ALL SELECT source, 'any', min("at"), NULL FROM staged.touch GROUP BY source
  UNION ALL SELECT source, 'any', min("at"), NULL FROM staged.attempt GROUP BY source
  UNION ALL SELECT source, 'any', min(starts_at), NULL FROM staged.meeting GROUP BY source
  UNION ALL SELECT source, 'any', NULL, min(start_date) FROM staged.cost GROUP BY source
  UNION ALL SELECT source, 'any', least(min(created_at), min(paid_at)), NULL FROM staged.invoice GROUP BY source
  UNION ALL SELECT source, 'any', min(created_at), NULL FROM staged.credit_note WHERE status <> 'void' GROUP BY source
  UNION ALL SELECT source, 'revenue', min(period_start_at), NULL FROM staged.invoice_line GROUP BY source
  UNION ALL SELECT source, 'any', min(least(created_at, started_at)), NULL FROM staged.subscription GROUP BY source
  UNION ALL SELECT source, 'any', min(created_at), NULL FROM staged.payment GROUP BY source
  UNION ALL SELECT source, 'ledger', NULL, min(booked_on) FROM staged.ledger_line GROUP BY source
  UNION ALL SELECT source, 'revenue', NULL, min(booked_on) FROM staged.ledger_line WHERE kind = 'revenue' GROUP BY source
  UNION ALL SELECT source, 'budget', NULL, min(month_date) FROM staged.budget_entry GROUP BY source
  UNION ALL SELECT b.source, 'budget', NULL, min(b.booked_on) FROM staged.ledger_line b SEMI JOIN staged.budget_entry e ON e.source = b.source GROUP BY b.source
  UNION ALL SELECT source, 'goal', NULL, min(start_date) FROM staged.goal GROUP BY source
  UNION ALL SELECT source, 'employment', NULL, min(start_date) FROM staged.employment GROUP BY source
  UNION ALL SELECT source, 'survey', min(sent_at), NULL FROM staged.survey_response GROUP BY source
  UNION ALL SELECT source, 'any', NULL, min(referred_on) FROM staged.referral GROUP BY source
  UNION ALL SELECT source, 'any', min("at"), NULL FROM staged.resource_use GROUP BY source
), dated AS (
  SELECT e.source, e.records, local_date(e.first_at, s.company_time_zone) AS day FROM event e CROSS JOIN run.setting s
  UNION ALL
  SELECT source, records, first_date FROM event
), every AS (
  SELECT source, records, day FROM dated WHERE day IS NOT NULL
  UNION ALL
  SELECT source, 'any', day FROM dated WHERE day IS NOT NULL AND records <> 'any'
)
SELECT e.source, e.records, least(greatest(min(e.day), DATE '1990-01-01'), min(s.as_of_date)) AS first_date
FROM every e
CROSS JOIN run.setting s
GROUP BY e.source, e.records
