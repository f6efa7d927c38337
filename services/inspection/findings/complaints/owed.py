"""Open steps of complaints."""

from services.inspection.owed import china_day, open_step

OWED = (
    open_step("complaint_match", "complaint", "complaint.state = 'received'", since=china_day("complaint.received_at")),
    open_step(
        "complaint_answer",
        "complaint",
        "complaint.state IN ('received', 'matched', 'investigating', 'joined')",
        due="complaint.due_on",
    ),
)
