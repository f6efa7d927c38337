"""The bureau follows a penalty decision: it acts on the permits and publishes the notice at once."""
