-- One lead or contact of Salesforce, deleted and merged-away ones included and flagged.
WITH country AS (
  SELECT DISTINCT plain(name) AS plain_name, region FROM reference.country
), people AS (
  SELECT 'Lead' AS object, Id, FirstName, LastName, Name, Email, Phone, MobilePhone, Title, Company AS company_name,
    Country AS country_name, ConvertedAccountId AS account_record_id, ConvertedContactId AS crm_contact_id, OwnerId,
    NumberOfEmployees AS employees, Segment__c, Region__c, Product_Line__c, Solution_Interest__c, LeadSource,
    HasOptedOutOfEmail, DoNotCall, Do_Not_Contact__c, Urgent_Channel__c, Urgent_Address__c, MasterRecordId, CreatedDate,
    LastModifiedDate, SystemModstamp, IsDeleted, _deleted
  FROM salesforce."Lead" WHERE NOT _is_tombstone
  UNION ALL
  SELECT 'Contact', Id, FirstName, LastName, Name, Email, Phone, MobilePhone, Title, NULL,
    MailingCountry, AccountId, NULL, OwnerId,
    NULL, Segment__c, Region__c, Product_Line__c, Solution_Interest__c, LeadSource,
    HasOptedOutOfEmail, DoNotCall, Do_Not_Contact__c, Urgent_Channel__c, Urgent_Address__c, MasterRecordId, CreatedDate,
    LastModifiedDate, SystemModstamp, IsDeleted, _deleted
  FROM salesforce."Contact" WHERE NOT _is_tombstone
)
SELECT
  'salesforce' AS source,
  p.object,
  p.Id AS record_id,
  filled(p.FirstName) AS first_name,
  filled(p.LastName) AS last_name,
  coalesce(filled(p.Name), filled(concat_ws(' ', filled(p.FirstName), filled(p.LastName)))) AS name,
  email_of(p.Email) AS email,
  filled(p.Phone) AS phone,
  filled(p.MobilePhone) AS mobile_phone,
  filled(p.Title) AS title,
  filled(p.company_name) AS company,
  filled(p.country_name) AS country,
  filled(p.account_record_id) AS account_record_id,
  CAST(NULL AS VARCHAR) AS crm_lead_id,
  filled(p.crm_contact_id) AS crm_contact_id,
  CAST(NULL AS VARCHAR) AS member_id,
  filled(p.OwnerId) AS owner_id,
  segment_of(p.Segment__c, p.employees) AS segment,
  coalesce(own.region, country.region, 'unknown') AS region,
  coalesce(filled(p.Product_Line__c), first_of_list(p.Solution_Interest__c)) AS product_line,
  filled(p.Solution_Interest__c) AS solution_interest,
  CASE WHEN NOT is_placeholder(p.LeadSource) THEN p.LeadSource END AS lead_source,
  NOT p.HasOptedOutOfEmail AS can_email,
  p.Do_Not_Contact__c AS is_do_not_contact,
  p.DoNotCall AS is_do_not_call,
  filled(p.Urgent_Channel__c) AS urgent_channel,
  filled(p.Urgent_Address__c) AS urgent_address,
  p._deleted OR coalesce(p.IsDeleted, false) AS is_deleted,
  filled(p.MasterRecordId) AS merged_into_id,
  p.CreatedDate AS created_at,
  coalesce(p.SystemModstamp, p.LastModifiedDate, p.CreatedDate) AS modified_at
FROM people p
LEFT JOIN reference.region own ON own.plain_region = plain(p.Region__c)
LEFT JOIN country ON country.plain_name = plain(p.country_name)
