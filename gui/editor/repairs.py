"""The canvas's card of problems and their repairs: opens it where something is wrong. A mixin; repairs nothing itself."""

from __future__ import annotations

from engine.graph.model import Wire
from engine.graph.problem import ERROR, HINT, WARNING, Problem

SEVERITIES = (ERROR, WARNING, HINT)


class Repairs:
    """The card is made when it is first needed."""

    def show_fixes(self, node_id: str = "", *, wire: Wire | None = None) -> None:
        """Opens the card of a node's or a wire's problems; without either, of the selected node's, else of the first there are."""
        found = self.network.analysis.problems if self.network.analysis else ()
        name = wire.target if wire else node_id
        chosen = {name} if name else self.network.selection.nodes & {p.node for p in found}
        name = min(chosen, default="") or next((p.node for p in sorted(found, key=badness) if p.node in self.network.nodes), "")
        problems = sorted((p for p in found if p.node == name and name), key=lambda p: (wire is not None and p.port != wire.target_port, badness(p)))
        if not problems:
            self.hint.emit("There is no problem here.")
            return
        if self.fix_card is None:
            from gui.editor.fix_card import FixCard

            self.fix_card = FixCard(self)
            self.fix_card.remedyChosen.connect(self.remedyChosen)
        if node_id != name and wire is None:
            self.reveal(name, glide=False)  # the card measures its place at once
        self.hide_tip()
        self.fix_card.open(problems)

    def close_fixes(self) -> None:
        if self.fix_card is not None:
            self.fix_card.close_card()

    def fixing(self) -> bool:
        """Whether the card of a problem is open."""
        return self.fix_card is not None and self.fix_card.isVisible()


def badness(problem: Problem) -> tuple[int, bool]:
    """Errors first, and what can be repaired by a click before what cannot."""
    return SEVERITIES.index(problem.severity), not problem.remedies
