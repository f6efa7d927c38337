"""Numbers that offices decide: days a step may take, when whom is told, what a large fine is. Dated rows."""
