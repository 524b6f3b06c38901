-- One referral as a touch of origin partner; a referral with only a domain is one of the company.
SELECT
  'partners' AS source,
  'referrals' AS object,
  r.referral_id AS record_id,
  day_start(r.referred_on, s.company_time_zone) AS "at",
  true AS is_day_grain,
  'partner' AS origin,
  'referral' AS kind,
  false AS is_hand_raise,
  'partner' AS channel,
  CAST(NULL AS VARCHAR) AS campaign_record_id,
  CAST(NULL AS VARCHAR) AS alias_record_id,
  CAST(NULL AS VARCHAR) AS person_object,
  CAST(NULL AS VARCHAR) AS person_record_id,
  email_of(r.email) AS email,
  nullif(lower(trim(r.domain)), '') AS domain,
  CAST(NULL AS VARCHAR) AS account_record_id,
  CAST(NULL AS VARCHAR) AS owner_id
FROM partners.referrals r
CROSS JOIN run.setting s
