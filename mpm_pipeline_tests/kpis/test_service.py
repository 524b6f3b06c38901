"""What customers say: CSAT, NPS and response rate (readings 41, 56)."""


def answer(response_id, answered, score, *, kind="csat", survey="s", scale=5, email=None, sent="2026-03-01"):
    return {"response_id": response_id, "survey": survey, "kind": kind, "scale_max": scale, "sent_at": sent, "answered_at": answered, "score": score, "email": email}  # fmt: skip


def told(world, *answers, as_of="2026-05-11 00:00"):
    home = world(as_of).measuring("service").stage("survey_response", *answers, source="service")
    found = [
        r
        for r in home.table("kpis.fct_kpi")
        if r["kpi_id"] in ("csat", "nps", "response_rate") and r["period_grain"] == "month"
    ]
    return {(row["kpi_id"], row["period_start"].isoformat()[:7]): row for row in found}


def test_csat_is_four_fifths_of_the_scale(world):
    """Of 4/5, 8/10, 5.6/7 and 3/5 three are satisfied."""
    found = told(world, answer("1", "2026-03-02", 4), answer("2", "2026-03-02", 8, scale=10), answer("3", "2026-03-02", 5.6, scale=7), answer("4", "2026-03-02", 3))  # fmt: skip
    assert (found["csat", "2026-03"]["numerator"], found["csat", "2026-03"]["denominator"]) == (3, 4)
    assert found["csat", "2026-03"]["low"] < 0.75 < found["csat", "2026-03"]["high"]


def test_of_several_answers_the_last_counts_in_its_own_period(world):
    """Ann answered in March and again in April: only April's; another survey, another kind and no e-mail are others."""
    found = told(
        world,
        answer("1", "2026-03-02", 5, email="ann@x.io"), answer("2", "2026-04-02", 1, email="ann@x.io"),
        answer("3", "2026-03-02", 5, email="ann@x.io", survey="t"), answer("4", "2026-03-02", 9, email="ann@x.io", kind="nps", scale=10),
        answer("5", "2026-03-02", 2), answer("6", "2026-03-02", 2),
    )  # fmt: skip
    assert (found["csat", "2026-03"]["numerator"], found["csat", "2026-03"]["denominator"]) == (1, 3)
    assert (found["csat", "2026-04"]["numerator"], found["csat", "2026-04"]["denominator"]) == (0, 1)
    assert found["nps", "2026-03"]["denominator"] == 1


def test_nps_is_promoters_less_detractors_on_a_scale_of_ten(world):
    """9 and 10 promote, 6 and 0 detract, 7 and 8 neither; the scale of 5 is out: (2 - 3) / 6 in points, without an interval."""
    scores = [9, 10, 6, 0, 5, 7]
    found = told(
        world,
        *(answer(str(n), "2026-03-02", s, kind="nps", scale=10) for n, s in enumerate(scores)),
        answer("x", "2026-03-02", 5, kind="nps"),
    )
    row = found["nps", "2026-03"]
    assert (row["numerator"], row["denominator"], round(row["value"], 6), row["unit"], row["low"]) == (
        -1,
        6,
        -16.666667,
        "points",
        None,
    )


def test_the_response_rate_counts_sendings_by_the_day_of_sending(world):
    """Sent in March: answered in April, silent, answered after as-of; sent in June: not yet there."""
    found = told(world, answer("1", "2026-04-02", 4), answer("2", None, None), answer("3", "2026-05-12", 4), answer("4", None, None, sent="2026-06-01"))  # fmt: skip
    assert (found["response_rate", "2026-03"]["numerator"], found["response_rate", "2026-03"]["denominator"]) == (1, 3)
    assert (
        found["response_rate", "2026-04"]["null_reason"] == "zero_denominator"
        and found["csat", "2026-05"]["denominator"] == 0
    )
