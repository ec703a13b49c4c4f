"""From camera images to windows of tokens."""
