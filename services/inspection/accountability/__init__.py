"""Decides who is told what is owed and late. Every slice offers its open steps in a module `owed`."""
