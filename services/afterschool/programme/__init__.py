"""The offer of schools in a term: courses with their places, and the institutions that may teach them."""
