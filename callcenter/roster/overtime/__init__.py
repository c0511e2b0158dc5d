"""Overtime: asked for by a leader or offered by an agent, agreed by the other side, approved by a leader (D1, D2)."""
