-- One row per KPI, period and segment: parts become figures (readings 1-7). A covered period without a part counts 0, or is null
-- with its reason; a KPI whose sources are off or had not begun is null, not_covered. The first reason that applies is given;
-- rates of counts carry their Wilson 95 % interval; a figure is final once late records cannot change it any more.
WITH place AS (
  SELECT kpi_id, period_grain, period_start, 'all' AS segment_kind, 'all' AS segment FROM kpis.kpi_period
  UNION
  SELECT kpi_id, period_grain, period_start, segment_kind, segment FROM kpis.part
  WHERE segment_kind <> 'all' OR coalesce(numerator, 0) <> 0 OR coalesce(denominator, 0) <> 0 OR value IS NOT NULL
), told AS (
  SELECT x.kpi_id, x.period_grain, x.period_start, x.segment_kind, x.segment, c.kpi_version, c.unit, c.kind, p.period_end,
    coalesce(t.numerator, CASE WHEN t.kpi_id IS NULL AND c.kind NOT IN ('median', 'score') THEN 0 END) AS numerator,
    coalesce(t.denominator, CASE WHEN t.kpi_id IS NULL AND c.kind IN ('ratio', 'mean') THEN 0 END) AS denominator,
    t.value, t.value_minor, coalesce(t.n, CASE WHEN t.kpi_id IS NULL THEN 0 END) AS n, t.low, t.high, t.estimate, t.maturity, t.basis,
    t.rows_used, t.rows_all, t.null_reason, CASE WHEN c.unit = 'money' THEN coalesce(t.currency_code, s.company_reporting_currency) END AS currency_code,
    coalesce(k.is_covered, true) AS is_covered, coalesce(k.is_settled, false) AS is_settled, s.as_of
  FROM place x
  JOIN kpis.catalogue c ON c.kpi_id = x.kpi_id
  JOIN kpis.period p ON p.period_grain = x.period_grain AND p.period_start = x.period_start
  CROSS JOIN run.setting s
  LEFT JOIN kpis.kpi_period k ON k.kpi_id = x.kpi_id AND k.period_grain = x.period_grain AND k.period_start = x.period_start
  LEFT JOIN kpis.part t ON t.kpi_id = x.kpi_id AND t.period_grain = x.period_grain AND t.period_start = x.period_start
    AND t.segment_kind = x.segment_kind AND t.segment = x.segment
), reasoned AS (
  SELECT t.*, CASE WHEN NOT is_covered THEN 'not_covered'
      WHEN null_reason IN ('not_covered', 'immature_cohort', 'mixed_currency') THEN null_reason
      WHEN rows_all > 0 AND coalesce(rows_used, 0) = 0 THEN 'fx_missing'
      WHEN null_reason IS NOT NULL THEN null_reason
      WHEN kind IN ('ratio', 'mean') AND coalesce(denominator, 0) = 0 THEN 'zero_denominator'
      WHEN kind = 'median' AND value IS NULL THEN 'zero_denominator'
      WHEN kind = 'score' AND value IS NULL AND value_minor IS NULL THEN 'zero_denominator' END AS reason
  FROM told t
), shared AS (
  SELECT r.*, CASE WHEN reason IS NULL AND kind IN ('ratio', 'mean') THEN CAST(numerator AS DOUBLE) / CAST(denominator AS DOUBLE) END AS share,
    CASE WHEN reason IS NULL AND unit = 'money' THEN coalesce(value_minor, CASE WHEN kind IN ('ratio', 'mean')
      THEN CAST(divide_half_even(CAST(numerator AS HUGEINT), CAST(denominator AS HUGEINT)) AS BIGINT) ELSE numerator END) END AS minor,
    reason IS NULL AND unit = 'rate' AND kind = 'ratio' AND n = denominator AND numerator BETWEEN 0 AND denominator AS is_proportion
  FROM reasoned r
), figure AS (
  SELECT h.*, CAST(power_of_ten(CAST(m.exponent AS INTEGER)) AS DOUBLE) AS unit_size,
    (share + 3.8414588206941236 / (2.0 * n)) / (1.0 + 3.8414588206941236 / n) AS middle,
    1.959963984540054 * sqrt(greatest(share * (1.0 - share), 0.0) / n + 3.8414588206941236 / (4.0 * n * n)) / (1.0 + 3.8414588206941236 / n) AS half
  FROM shared h
  LEFT JOIN reference.currency m ON m.currency_code = h.currency_code
)
SELECT kpi_id, kpi_version, period_grain, period_start, period_end, segment_kind, segment,
  CASE WHEN reason = 'not_covered' OR (reason = 'fx_missing' AND kind NOT IN ('ratio', 'mean')) THEN NULL ELSE CAST(numerator AS BIGINT) END AS numerator,
  CASE WHEN reason = 'not_covered' THEN NULL ELSE CAST(denominator AS BIGINT) END AS denominator,
  CASE WHEN reason IS NOT NULL THEN NULL WHEN value IS NOT NULL THEN value WHEN unit <> 'money' THEN coalesce(share, CAST(numerator AS DOUBLE))
    ELSE coalesce(share, CAST(minor AS DOUBLE)) / unit_size END AS value,
  minor AS value_minor, unit, currency_code, reason AS null_reason, CASE WHEN reason = 'not_covered' THEN NULL ELSE CAST(n AS BIGINT) END AS n,
  CASE WHEN reason IS NULL THEN coalesce(low, CASE WHEN is_proportion THEN greatest(middle - half, 0.0) END) END AS low,
  CASE WHEN reason IS NULL THEN coalesce(high, CASE WHEN is_proportion THEN least(middle + half, 1.0) END) END AS high,
  CASE WHEN reason = 'not_covered' THEN NULL ELSE estimate END AS estimate,
  CASE WHEN reason = 'not_covered' THEN NULL WHEN rows_all > 0 THEN CAST(coalesce(rows_used, 0) AS DOUBLE) / CAST(rows_all AS DOUBLE) ELSE 1.0 END AS coverage,
  maturity, basis, CASE WHEN is_settled AND coalesce(reason, '') <> 'immature_cohort' AND coalesce(maturity, 1.0) >= 1.0 THEN 'final' ELSE 'provisional' END AS state,
  as_of AS as_of_at
FROM figure
