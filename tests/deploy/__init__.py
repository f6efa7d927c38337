"""The local platform and the deployment files."""
