"""What schools offer: a course, its places, and when one may enrol. Refuses fewer places than are taken."""
