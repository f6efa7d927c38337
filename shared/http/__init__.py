"""The HTTP edge: who calls and what they may do, one transaction per request, problems, pages, the OpenAPI document."""
