"""Open second visits."""

from services.inspection.owed import china_day

OWED = (
    f"""
    SELECT 'recheck', recheck.id, recheck.institution_id, recheck.district, NULL, recheck.by_team,
           {china_day("round.drawn_at")} + norm.days, 1, ''
    FROM recheck JOIN recheck_round round ON round.id = recheck.round_id
    JOIN norm ON norm.name = 'recheck'
    WHERE recheck.state = 'open'
""",  # noqa: S608 -- constants of ours
)
