"""visits: what happened, where, and who may say so.

Owns: the directory (committees, units with dated names and successors, people and their posts, assignments,
quotas), visits with every version, the issues raised there, the reports on them, accounts and sign-in.
Publishes: the directory and sessions as they stand, and each visit as it stands (`visits.>`).
Consumes: feedback's duties, so that a member sees their own (`feedback.duty.>`); from notify nothing.
What must never break: an accepted visit is never lost and never doubled, whatever a phone sends again.
"""
