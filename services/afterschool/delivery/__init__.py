"""What is really delivered: sessions on their days, who attended, and whether the service covers a school."""
