"""How Double Wings is started: on one machine (`deploy.local`), in containers, on Kubernetes."""
