"""What an official looks at: a page with the scorecard, and a stream that says when its numbers moved."""
