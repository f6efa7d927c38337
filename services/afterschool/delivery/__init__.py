"""The service as delivered: sessions on their days, who attended, and whether the service covers a school."""
