"""What an official records of an institution's answer, on paper or by telephone, and on which days it can be."""
