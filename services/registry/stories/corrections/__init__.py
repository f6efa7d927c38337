"""An entry is corrected, as far as the permits of the institution allow."""
