"""The one error that users are meant to read."""


class InputError(ValueError):
    """Something the user gave cannot be used: the message says what, where, and what to do.

    Commands print it as one line and exit with 2; the planner node fails its transition with it.
    """
