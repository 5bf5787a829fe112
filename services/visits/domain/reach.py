"""How deep a level reaches: the deepest level under the committee to which its members may be asked to go.

A province goes down to its communes, a commune to its cells, and who sits in a higher body may be asked for more
or for less than the others. Which it is the committee decides, on a document and from a day on; where nothing was
decided, nothing is limited.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """From `valid_from` on nobody of a body is asked to go deeper than `deepest`; without a body, nobody at all.

    Units right under the committee's root are at depth 1.
    """

    body: str | None
    deepest: int
    valid_from: date
    basis_document: str

    def allows(self, depth: int | None) -> bool:
        """Whether a unit at that depth is within reach. One beside the tree, such as an agency, has no depth."""
        return depth is None or depth <= self.deepest


def reach_of(decided: Iterable[Reach], bodies: Collection[str], at: date) -> Reach | None:
    """What holds on a day for somebody who sits in these bodies: of rules on their own bodies the widest.

    A later rule about the same body takes the place of the earlier one; a rule about a body goes before the
    one about everybody.
    """
    in_force: dict[str | None, Reach] = {}
    for each in sorted(decided, key=lambda each: each.valid_from):
        if each.valid_from <= at:
            in_force[each.body] = each
    own = [in_force[body] for body in bodies if body in in_force]
    return max(own, key=lambda each: each.deepest) if own else in_force.get(None)
