"""Holiday stops compiled from the calendar: who must stop on which days, who acknowledged, who was seen to have stopped."""
