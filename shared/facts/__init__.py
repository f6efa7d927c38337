"""Events on their way: journal and relay lead out of a service, consumer and inbox lead in."""
