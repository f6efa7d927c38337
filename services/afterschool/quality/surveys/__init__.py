"""Surveys of satisfaction: who may answer, once each; nothing before closing; results that give nobody away."""
