"""Which contact model simulated touch has, so that data, weights and figures can say what they were made with."""

from __future__ import annotations

CONTACT_MODEL = "hardening"
"""`hardening`: a taxel's contact grows stiffer with depth, as MuJoCo's does. Before it, and before files said which
model they were made with, a contact was equally stiff at any depth. A change after which the same grasp feels
different needs another name here."""
EARLIER = "an earlier one"
"""of files that name none"""
