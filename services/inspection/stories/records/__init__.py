"""Imports visits and violations that were recorded before this platform existed. Never changes what people acted on."""
