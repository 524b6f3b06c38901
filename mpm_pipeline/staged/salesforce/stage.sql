-- One stage of the sales process: declared ones in their order, then stages that deals stand in though nobody declared them.
WITH declared AS (
  SELECT coalesce(filled(ApiName), filled(MasterLabel)) AS stage, filled(MasterLabel) AS label, SortOrder AS sort_order,
    coalesce(IsActive, true) AS is_active, coalesce(IsClosed, false) OR coalesce(IsWon, false) AS is_closed,
    coalesce(IsWon, false) AS is_won
  FROM salesforce."OpportunityStage"
  WHERE NOT _deleted AND coalesce(filled(ApiName), filled(MasterLabel)) IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY stage ORDER BY is_active DESC, sort_order NULLS LAST, Id) = 1
), placed AS (
  SELECT *, row_number() OVER (ORDER BY sort_order NULLS LAST, stage) AS place FROM declared
), first_qualified AS (
  SELECT coalesce(
    (SELECT min(place) FROM placed WHERE lower(trim(s.funnel_qualified_stage)) IN (lower(stage), lower(label))),
    (SELECT place FROM placed WHERE is_active AND NOT is_closed ORDER BY place LIMIT 1 OFFSET 1)) AS place
  FROM run.setting s
), deal AS (
  SELECT StageName AS stage, coalesce(IsClosed, false) OR coalesce(IsWon, false) AS is_closed, coalesce(IsWon, false) AS is_won
  FROM salesforce."Opportunity" WHERE NOT _is_tombstone
  UNION ALL SELECT filled(StageName), NULL, NULL FROM salesforce."OpportunityHistory" WHERE NOT _is_tombstone
), undeclared AS (
  SELECT stage, coalesce(bool_and(is_closed), false) AS is_closed, coalesce(bool_and(is_won), false) AS is_won
  FROM deal WHERE stage IS NOT NULL AND stage NOT IN (SELECT stage FROM declared) GROUP BY stage
), named AS (
  SELECT u.stage, p.sort_order, p.place, coalesce(p.is_closed, u.is_closed) AS is_closed, coalesce(p.is_won, u.is_won) AS is_won
  FROM undeclared u LEFT JOIN placed p ON p.label = u.stage
  QUALIFY row_number() OVER (PARTITION BY u.stage ORDER BY p.place) = 1
), every AS (
  SELECT stage, sort_order, place, is_closed, is_won FROM placed
  UNION ALL SELECT stage, sort_order, place, is_closed, is_won FROM named
)
SELECT
  'salesforce' AS source,
  e.stage,
  e.sort_order,
  e.is_closed,
  e.is_won,
  e.is_won OR (NOT e.is_closed AND coalesce(e.place >= q.place, lower(e.stage) = lower(trim(s.funnel_qualified_stage))))
    AS is_qualified
FROM every e CROSS JOIN first_qualified q CROSS JOIN run.setting s
