-- One row per currency and budget month in which it can be turned into the reporting currency, however old the rate (readings 36).
SELECT currency_code, rate_date, multiply, divide, source_date, method FROM kpis.fx_way WHERE purpose = 'budget'
