"""Speed, measured side by side with what this machine could do at best, in one run. Notes: `bench/NOTES.md`."""
