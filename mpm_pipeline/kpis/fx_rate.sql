-- One row per currency and day on which it can be turned into the reporting currency by fresh rates (readings 36).
SELECT currency_code, rate_date, multiply, divide, source_date, method FROM kpis.fx_way WHERE purpose = 'event'
