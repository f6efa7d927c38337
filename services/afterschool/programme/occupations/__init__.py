"""Who is where in the week: a child, a teacher and a room are in one place at a time. Refuses a second place."""
