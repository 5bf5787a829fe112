"""Rows of feedback's database and every write to them; nothing above this layer speaks SQL but the views."""
