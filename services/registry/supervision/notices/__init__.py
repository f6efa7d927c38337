"""What the bureau tells many (通报), who was to receive it, and who has confirmed it."""
