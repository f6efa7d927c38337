"""Who of a team is there on which day. Decides on duties and absences, and whether two certified officers are left."""
