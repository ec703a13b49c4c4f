"""Launch files as text: what they declare, and the processes that they come to.

Read with `ast`, since the package `launch` is not everywhere. Knows no more of it than the launch
files here use, and fails on anything else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent.parent
TYPES = {'str': str, 'bool': bool, 'int': int, 'float': float}


@dataclass(frozen=True)
class Command:
    """A process to start: an executable of the package, with its arguments."""

    executable: str
    arguments: list[str]


@dataclass(frozen=True)
class ParameterFile:
    """A file of parameters that may refer to arguments."""

    path: Path


class LaunchFile:
    """A file of launch/ by its name."""

    def __init__(self, name: str) -> None:
        self.path = REPOSITORY / 'launch' / name
        self.tree = ast.parse(self.path.read_text())
        self._constants = {
            target.id: ast.literal_eval(node.value)
            for node in self.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }

    def calls(self, name: str) -> list[ast.Call]:
        """Every call of a class or function, as the file imports it."""
        return [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Call) and _name(node) == name
        ]

    @property
    def declared(self) -> dict[str, dict[str, ast.expr]]:
        """Each declared argument with its keywords."""
        return {
            ast.literal_eval(call.args[0]): _keywords(call)
            for call in self.calls('DeclareLaunchArgument')
        }

    def defaults(self, **given: str) -> dict[str, str]:
        """The value of each declared argument, where these are given."""
        arguments = dict(given)
        for name, keywords in self.declared.items():
            arguments.setdefault(name, self.text(keywords['default_value'], arguments))
        return arguments

    def includes(self, **given: str) -> Iterator[tuple[LaunchFile, dict[str, ast.expr]]]:
        """Files included with these arguments, and the arguments that they get."""
        for call in self.calls('IncludeLaunchDescription'):
            yield self._included(call, self.defaults(**given))

    def _included(
        self, call: ast.Call, arguments: Mapping[str, str]
    ) -> tuple[LaunchFile, dict[str, ast.expr]]:
        passed = _keywords(call)['launch_arguments']
        assert isinstance(passed, ast.Call), 'a dict display with .items()'
        assert isinstance(passed.func, ast.Attribute)
        assert isinstance(passed.func.value, ast.Dict)
        names = [ast.literal_eval(key) for key in passed.func.value.keys if key]
        path = Path(self.value(call.args[0], arguments)).relative_to(REPOSITORY / 'launch')
        return LaunchFile(str(path)), dict(zip(names, passed.func.value.values, strict=True))

    def commands(self, folder: Path, **given: str) -> list[Command]:
        """What to start with these arguments; parameter files are written to `folder`."""
        arguments, commands = dict(given), []
        (description,) = self.calls('LaunchDescription')
        assert isinstance(description.args[0], ast.List)
        for action in description.args[0].elts:
            assert isinstance(action, ast.Call)
            kind, keywords = _name(action), _keywords(action)
            if kind == 'DeclareLaunchArgument':
                name = ast.literal_eval(action.args[0])
                arguments.setdefault(name, self.text(keywords['default_value'], arguments))
            elif kind == 'IncludeLaunchDescription':
                included, passed = self._included(action, arguments)
                values = {name: self.text(value, arguments) for name, value in passed.items()}
                commands += included.commands(folder, **{**arguments, **values})
            else:
                assert kind == 'Node', f'{kind} is not known here'
                if self._switched_on(keywords, arguments):
                    commands.append(self._command(keywords, arguments, folder))
        return commands

    def _switched_on(self, keywords: Mapping[str, ast.expr], arguments: Mapping[str, str]) -> bool:
        if 'condition' not in keywords:
            return True
        call = keywords['condition']
        assert isinstance(call, ast.Call)
        assert _name(call) == 'IfCondition', 'other conditions are not known here'
        return self.text(call.args[0], arguments).lower() == 'true'

    def text(self, node: ast.expr, arguments: Mapping[str, str]) -> str:
        """What a substitution, or a list of them, comes to."""
        value = self.value(node, arguments)
        return ''.join(value) if isinstance(value, list) else value

    def value(self, node: ast.expr, arguments: Mapping[str, str]) -> Any:
        """What an expression comes to."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return self._constants[node.id]
            case ast.List() | ast.Tuple():
                return [self.value(element, arguments) for element in node.elts]
            case ast.Dict():
                names = [ast.literal_eval(key) for key in node.keys if key]
                values = [self.value(value, arguments) for value in node.values]
                return dict(zip(names, values, strict=True))
            case ast.Call():
                return self._substituted(_name(node), node, arguments)
        raise AssertionError(f'not known here: {ast.unparse(node)}')

    def _substituted(self, kind: str, call: ast.Call, arguments: Mapping[str, str]) -> Any:
        value = self.value(call.args[0], arguments)
        if kind == 'LaunchConfiguration':
            return arguments[value]
        if kind == 'FindPackageShare':
            assert value == 'vavam_ros'
            return str(REPOSITORY)  # where the same files are, under the same names
        if kind == 'PathJoinSubstitution':
            return '/'.join(value)
        if kind == 'PythonLaunchDescriptionSource':
            return _joined(value)
        if kind == 'ParameterFile':
            assert self.value(_keywords(call)['allow_substs'], {}) is True
            return ParameterFile(Path(_joined(value)))
        assert kind == 'ParameterValue', f'{kind} is not known here'
        return value if parameter_type(call) is str else yaml.safe_load(value)

    def _command(
        self, keywords: Mapping[str, ast.expr], arguments: Mapping[str, str], folder: Path
    ) -> Command:
        """Put the arguments in the order that launch_ros puts them in."""

        def listed(keyword: str) -> list[Any]:
            node = keywords.get(keyword)
            return [] if node is None else self.value(node, arguments)

        words = [_joined(argument) for argument in listed('arguments')]
        words += ['--ros-args', *listed('ros_arguments'), '--ros-args', '-r']
        words += [f'__ns:=/{self.text(keywords["namespace"], arguments)}']
        for index, parameters in enumerate(listed('parameters')):
            file = folder / f'parameters{len(list(folder.iterdir()))}_{index}.yaml'
            file.write_text(_yaml(parameters, arguments))
            words += ['--params-file', str(file)]
        for old, new in listed('remappings'):
            words += ['-r', f'{old}:={new}']
        return Command(self.text(keywords['executable'], arguments), words)


def parameter_type(call: ast.Call) -> type:
    """The type that a ParameterValue asks for."""
    node = _keywords(call)['value_type']
    assert isinstance(node, ast.Name)
    return TYPES[node.id]


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ''


def _keywords(call: ast.Call) -> dict[str, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}


def _joined(argument: str | list[str]) -> str:
    return ''.join(argument) if isinstance(argument, list) else argument


def _yaml(parameters: dict[str, Any] | ParameterFile, arguments: Mapping[str, str]) -> str:
    if isinstance(parameters, ParameterFile):
        text = parameters.path.read_text()
        return re.sub(r'\$\(var (\w+)\)', lambda match: arguments[match[1]], text)
    # A node without a name in the launch file gets them under the name that fits all.
    return yaml.safe_dump({'/**': {'ros__parameters': parameters}})
