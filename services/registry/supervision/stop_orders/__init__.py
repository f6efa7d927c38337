"""Holiday stops compiled from the calendar: who must stop and when, who acknowledged, who was seen to."""
