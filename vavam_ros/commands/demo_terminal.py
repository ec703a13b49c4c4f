"""What a demo says in the terminal."""

from __future__ import annotations


def say(text: str) -> None:
    """One line."""
    print(f'vavam demo: {text}', flush=True)


def warn(text: str) -> None:
    """Loudly."""
    frame = '*' * (len(text) + 8)
    print(f'{frame}\n*** {text} ***\n{frame}', flush=True)
