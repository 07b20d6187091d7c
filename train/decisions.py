"""What was chosen automatically for a run."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Decisions:
    """One sentence for each choice, with its reason; shown, and kept in history and manifest."""

    lines: list[str] = field(default_factory=list)

    def note(self, line: str) -> None:
        """Record a decision."""
        self.lines.append(line)
