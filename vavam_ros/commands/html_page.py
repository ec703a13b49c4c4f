"""Pages that commands leave: one file each, which fetches nothing."""

from __future__ import annotations

from typing import Any


def rendered(template: str, **values: Any) -> str:
    """The template of that name with these values; a value that it names and lacks is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # takes a while to import

    environment = Environment(
        loader=PackageLoader('vavam_ros.commands', 'templates'),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(values)
