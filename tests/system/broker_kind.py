"""The broker that the platforms of this session stand on."""

import os

from deploy.local.platform import BrokerKind

BROKER: BrokerKind = "apache" if os.environ.get("KAFKA") == "apache" else "embedded"
