"""Who waits for a course. A place that becomes free goes to who waited longest, at once, until enrolment closes."""
