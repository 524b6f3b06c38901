"""The columns that the files of plans, money, people and service are documented with, in their order.

The first column is a file's key. A world's record may lack some and carry others; what is served is what occurs, these
first. Which columns are required is no matter of the simulator.
"""

from typing import Final

FILE_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(columns.split())
    for name, columns in {
        "finance/actuals": "line_id booked_on function kind amount currency budget_line_id campaign channel region"
        " cost_center owner is_shadow_marketing reversal_of",
        "finance/budget": "entry_id budget_line_id parent_line_id level name owner month view amount currency",
        "finance/fx_rates": "rate_id date base quote rate",
        "finance/goals": "goal_id parent_goal_id name kpi_id baseline target period_start period_end owner consequence"
        " level",
        "hr/headcount": "employment_id email function role fte start_on end_on region",
        "hr/reps": "email regions segments product_lines start_on ramp_days capacity_per_week appetite_low"
        " appetite_high quota currency absent is_a_rep",
        "service/survey": "response_id survey kind scale_max sent_at answered_at score email account",
        "partners/referrals": "referral_id referred_on referrer referrer_kind email domain",
        "enablement/usage": "usage_id email resource kind at minutes opportunity_id rating",
        "standards/exceptions": "exception_id rule scope business_case owner expires_on",
    }.items()
}
