"""What a process is: its settings, who acts in it, what it logs and measures, the limits of a child, its failpoints."""
