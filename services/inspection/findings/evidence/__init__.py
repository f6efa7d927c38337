"""Photos and recordings, from the phone to the case file. Decides what is kept, and proves that nothing was changed."""
