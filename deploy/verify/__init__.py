"""Scripts for strangers: they need nothing of ours but the file, and for signatures the package `cryptography`."""
