-- One referral of a person or a company.
SELECT
  'partners' AS source,
  referral_id,
  referred_on,
  trim(referrer) AS referrer,
  referrer_kind,
  email_of(email) AS email,
  nullif(lower(trim(domain)), '') AS domain
FROM partners.referrals
