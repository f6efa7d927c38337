"""The indicator tree of the report, as data: "1234" outside schools, "3+X" inside, and the meaning of each number."""
