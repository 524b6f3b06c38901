-- One Marketo lead as a person, deleted and merged-away ones included and flagged. A merge tells the ids of the lost leads
-- on the survivor; a lost one that was never seen has a row of its id alone, so that what it did finds its survivor, and so has
-- one that was deleted before it was ever seen, so that what it did is out.
WITH country AS (
  SELECT DISTINCT plain(name) AS plain_name, region FROM reference.country
), lost AS (
  SELECT unnest(regexp_extract_all(value_named(attributes, 'Merge IDs'), '\d+')) AS lead_id, leadId AS survivor_id, activityDate, marketoGUID
  FROM marketo.activities WHERE NOT _is_tombstone AND activityTypeId = 32
), merge AS (
  SELECT lead_id, survivor_id FROM lost WHERE lead_id <> survivor_id
  QUALIFY row_number() OVER (PARTITION BY lead_id ORDER BY activityDate DESC, marketoGUID DESC) = 1
), people AS (
  SELECT l.id AS record_id, l.* EXCLUDE (id), m.survivor_id
  FROM marketo.leads l LEFT JOIN merge m ON m.lead_id = l.id
  WHERE NOT l._is_tombstone
), every AS (
  SELECT * FROM people
  UNION ALL BY NAME
  SELECT lead_id AS record_id, survivor_id, true AS _deleted FROM merge WHERE lead_id NOT IN (SELECT record_id FROM people)
  UNION ALL BY NAME
  SELECT _key AS record_id, true AS _deleted FROM marketo.leads WHERE _is_tombstone AND _key NOT IN (SELECT lead_id FROM merge)
)
SELECT
  'marketo' AS source,
  'leads' AS object,
  p.record_id,
  filled(p.firstName) AS first_name,
  filled(p.lastName) AS last_name,
  filled(concat_ws(' ', filled(p.firstName), filled(p.lastName))) AS name,
  email_of(p.email) AS email,
  filled(p.phone) AS phone,
  filled(p.mobilePhone) AS mobile_phone,
  filled(p.title) AS title,
  filled(p.company) AS company,
  filled(p.country) AS country,
  crm_id(p.sfdcAccountId) AS account_record_id,
  crm_id(p.sfdcLeadId) AS crm_lead_id,
  crm_id(p.sfdcContactId) AS crm_contact_id,
  CAST(NULL AS VARCHAR) AS member_id,
  crm_id(p.sfdcLeadOwnerId) AS owner_id,
  segment_of(CAST(NULL AS VARCHAR), p.numberOfEmployees) AS segment,
  coalesce(country.region, 'unknown') AS region,
  first_of_list(p.solutionInterest) AS product_line,
  filled(p.solutionInterest) AS solution_interest,
  CASE WHEN NOT is_placeholder(p.leadSource) THEN p.leadSource END AS lead_source,
  NOT p.unsubscribed AS can_email,
  CAST(NULL AS BOOLEAN) AS is_do_not_contact,
  p.doNotCall AS is_do_not_call,
  CAST(NULL AS VARCHAR) AS urgent_channel,
  CAST(NULL AS VARCHAR) AS urgent_address,
  p._deleted OR p.survivor_id IS NOT NULL AS is_deleted,
  p.survivor_id AS merged_into_id,
  p.createdAt AS created_at,
  coalesce(p.updatedAt, p.createdAt) AS modified_at
FROM every p
LEFT JOIN country ON country.plain_name = plain(p.country)
