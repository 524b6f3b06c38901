-- Records that name another one which cannot be seen (readings 47, 55): the child is served; history of a lead that cannot
-- be seen is in no figure. A record that names several such ones is one breach. A payer who cannot be seen stands for itself in the money figures.
WITH broken AS (
  SELECT 'dangling_parent' AS rule, a.source, 'company' AS role, CAST(NULL AS VARCHAR) AS object, a.record_id, 'the parent company cannot be seen' AS text, a.region
  FROM staged.account a
  ANTI JOIN staged.account p ON p.source = a.source AND p.record_id = a.parent_record_id
  WHERE a.parent_record_id IS NOT NULL AND NOT a.is_deleted
  UNION ALL
  SELECT 'dangling_parent', c.source, NULL, c.object, c.record_id, 'the company cannot be seen', c.region
  FROM staged.person c
  ANTI JOIN staged.account p ON p.source = c.source AND p.record_id = c.account_record_id
  JOIN reference.source_role r ON r.source = c.source AND r.role = 'crm'
  WHERE c.account_record_id IS NOT NULL AND NOT c.is_deleted
  UNION ALL
  SELECT 'dangling_parent', o.source, 'deal', NULL, o.opportunity_id, 'the company cannot be seen', NULL
  FROM staged.opportunity o
  ANTI JOIN staged.account p ON p.source = o.source AND p.record_id = o.account_record_id
  WHERE o.account_record_id IS NOT NULL
  UNION ALL
  SELECT 'dangling_parent', r.source, 'deal_person', NULL, r.role_id, 'the person cannot be seen', NULL
  FROM staged.contact_role r
  ANTI JOIN (
    SELECT p.source, p.record_id FROM staged.person p
    JOIN reference.object_role w ON w.source = p.source AND w.object = p.object AND w.role = 'contact'
  ) p ON p.source = r.source AND p.record_id = r.person_record_id
  UNION ALL
  SELECT 'dangling_parent', t.source, NULL, t.object, t.record_id, 'the person cannot be seen', NULL
  FROM staged.touch t
  ANTI JOIN staged.person p ON p.source = t.source AND p.object = t.person_object AND p.record_id = t.person_record_id
  WHERE t.person_record_id IS NOT NULL
  UNION ALL
  SELECT 'dangling_parent', c.source, 'campaign', NULL, c.campaign_id, 'the parent campaign cannot be seen', NULL
  FROM staged.campaign c
  ANTI JOIN staged.campaign p ON p.source = c.source AND p.campaign_id = c.parent_campaign_id
  WHERE c.parent_campaign_id IS NOT NULL
  UNION ALL
  SELECT 'dangling_parent', t.source, NULL, t.object, t.record_id, 'the campaign cannot be seen', NULL
  FROM staged.touch t
  JOIN reference.source_role r ON r.source = t.source AND r.role = 'crm'
  ANTI JOIN staged.campaign p ON p.source = t.source AND p.campaign_id = t.campaign_record_id
  WHERE t.campaign_record_id IS NOT NULL
  UNION ALL
  SELECT 'dangling_parent', o.source, 'deal', NULL, o.opportunity_id, 'the campaign cannot be seen', NULL
  FROM staged.opportunity o
  ANTI JOIN staged.campaign p ON p.source = o.source AND p.campaign_id = o.campaign_record_id
  WHERE o.campaign_record_id IS NOT NULL
  UNION ALL
  SELECT 'dangling_parent', b.source, b.role, NULL, b.record_id, 'the billing customer cannot be seen', NULL
  FROM (
    SELECT source, 'subscription' AS role, subscription_id AS record_id, customer_id FROM staged.subscription
    UNION ALL SELECT source, 'invoice', invoice_id, customer_id FROM staged.invoice
    UNION ALL SELECT source, 'payment', payment_id, customer_id FROM staged.payment
    UNION ALL SELECT source, 'credit_note', credit_note_id, customer_id FROM staged.credit_note
  ) b
  ANTI JOIN staged.billing_customer c ON c.source = b.source AND c.customer_id = b.customer_id
  WHERE b.customer_id IS NOT NULL
  UNION ALL
  SELECT 'lead_history_orphan', e.source, 'lead_event', NULL, e.event_id, 'the lead cannot be seen, its history is in no figure', NULL
  FROM staged.lead_event e
  ANTI JOIN staged.lead l ON l.source = e.source AND l.lead_id = e.lead_id
)
SELECT b.rule, b.source, coalesce(b.object, w.object) AS object, b.record_id, min(b.region) AS region, CAST(NULL AS VARCHAR) AS team,
  CAST(NULL AS VARCHAR) AS value, string_agg(DISTINCT b.text, ', ' ORDER BY b.text) AS text, CAST(NULL AS VARCHAR) AS exception_id
FROM broken b
LEFT JOIN reference.object_role w ON w.source = b.source AND w.role = b.role
GROUP BY b.rule, b.source, coalesce(b.object, w.object), b.record_id
