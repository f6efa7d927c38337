"""Institutions that no list knew. Decides what of them is told, so that the registry enters each of them once."""
