"""Attendance of children and teachers by session, sent from phones. A correction is a new version; nothing is lost."""
