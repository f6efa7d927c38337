"""What identifies a person: names, numbers and phones, sealed. Only the gate opens them for a reader."""
