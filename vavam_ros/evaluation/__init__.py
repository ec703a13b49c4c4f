"""How well it drives: figures of closed-loop runs."""
