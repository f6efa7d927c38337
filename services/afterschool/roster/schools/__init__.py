"""The schools of compulsory education that take part; refuses two schools of one code."""
