"""Second looks: a share of a team's visits, drawn and never picked. Decides whether the second look agrees."""
