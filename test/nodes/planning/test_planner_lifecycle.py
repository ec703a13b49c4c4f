"""States and transitions, parameters, start-up and the ways to end."""

from __future__ import annotations

import dataclasses
import gc
import signal
from pathlib import Path

import numpy as np
import pytest
from expected_paths import assert_same, expected_waypoints, pilot_with
from mini_model import mini_preset, write_model

from vavam_ros.model import config
from vavam_ros.nodes import planner

pytestmark = pytest.mark.dds

FIRST_START_S = 120.0


@pytest.fixture(scope='module')
def heavy_model(tmp_path_factory) -> dict[str, str]:
    """30 MB of vocabulary, quick all the same: losing it ten times would be seen."""
    folder, codes = tmp_path_factory.mktemp('heavy'), 100_000
    mini = mini_preset()
    heavy = config.Preset(
        dataclasses.replace(mini.video, vocabulary_size=codes + 1),
        mini.action,
        dataclasses.replace(mini.tokenizer, codebook_size=codes),
    )
    return write_model(heavy, folder)


def plan_of(settings: dict[str, object], messages) -> np.ndarray:
    """What a pilot with these settings plans after it has seen these images."""
    pilot = pilot_with(**settings)
    *_, waypoints = (expected_waypoints(pilot, msg) for msg in messages)
    return waypoints


def cut(path: str, folder: Path) -> str:
    """A copy of a file that ends in the middle."""
    whole = Path(path).read_bytes()
    (folder / 'cut.safetensors').write_bytes(whole[: len(whole) // 2])
    return str(folder / 'cut.safetensors')


def other_tokenizer(folder: Path) -> str:
    """A tokenizer of another vocabulary."""
    mini = mini_preset()
    tokenizer = dataclasses.replace(mini.tokenizer, codebook_size=32)
    return write_model(dataclasses.replace(mini, tokenizer=tokenizer), folder)['tokenizer']


@pytest.mark.parametrize(
    ('wrong', 'said'),
    [
        (lambda model, folder: {'weights': ''}, 'weights is not set: give a VaVAM file'),
        (lambda model, folder: {'weights': '/nowhere/w'}, '/nowhere/w: cannot be read (No such'),
        (lambda model, folder: {'weights': cut(model['weights'], folder)}, 'cut.safetensors: '),
        (lambda model, folder: {'weights': model['tokenizer']}, 'planning needs VaVAM weights'),
        (lambda model, folder: {'tokenizer': other_tokenizer(folder)}, 'has 32 codes, these'),
        (lambda model, folder: {'context_frames': 9}, 'history length is 9: give 1 to 8 frames'),
        (lambda model, folder: {'device': 'cuda:99'}, "device 'cuda:99' cannot be used"),
    ],
    ids=['unset', 'missing', 'truncated', 'no planner', 'vocabulary', 'too long', 'device'],
)
def test_what_cannot_run_fails_the_transition_and_says_why(
    rig, process, mini_model, tmp_path, wrong, said
):
    before = len(process.said)
    assert rig.set(**wrong(mini_model, tmp_path)).successful
    assert not rig.change('configure')
    assert rig.state() == 'unconfigured'
    status = rig.status_where(lambda s: s.level == s.ERROR)
    assert status.message.startswith('UNCONFIGURED: ')
    assert said in status.message
    assert '\n' not in status.message
    logged = process.said[before:]
    assert f'cannot be configured: {status.message.removeprefix("UNCONFIGURED: ")}' in logged
    assert 'Traceback' not in logged
    shown, _ = rig.diagnostics()
    assert (shown.level, shown.message) == (status.level, status.message)


def test_after_a_refused_configuration_the_right_one_works(rig, images, mini_model):
    assert rig.set(weights='/nowhere').successful
    assert not rig.change('configure')
    rig.start(**mini_model)
    rig.path_for(images(0))


def test_configured_and_cleaned_up_ten_times_it_plans_right_and_grows_by_nothing(
    rig, process, images, heavy_model
):
    settings = {**heavy_model, 'context_frames': 2}  # a short warm-up
    expected = plan_of(settings, [images(0), images(1)])
    kept_kb, threads = [], []
    for _ in range(10):
        rig.start(**settings)
        rig.path_for(images(0))
        assert_same(rig.path_for(images(1)), expected)
        rig.stop()
        kept_kb.append(process.status('VmRSS'))
        threads.append(process.status('Threads'))
    assert max(threads[2:]) <= threads[1]
    # Each model is 30 MB; the allocator may keep the space of one or the other buffer.
    assert max(kept_kb) < kept_kb[1] + 110_000


def test_deactivated_and_activated_ten_times_it_plans_right(rig, process, images, mini_model):
    expected = plan_of({**mini_model, 'samples': 4}, [images(0)])
    rig.start()
    rig.path_for(images(0))
    threads = process.status('Threads')
    for _ in range(10):
        assert rig.change('deactivate')
        assert rig.change('activate')
        rig.spin_until(lambda: rig.image.get_subscription_count() > 0)
        rig.spin_for(0.1)
        rig.forget()
        assert_same(rig.path_for(images(0)), expected)  # nothing is left of the drive before
    assert process.status('Threads') <= threads


def test_another_configuration_takes_effect(rig, images, mini_model):
    rig.start()
    for index in range(3):
        rig.path_for(images(index))
    rig.stop()
    rig.start(context_frames=2, seed=5, samples=3)
    settings = {**mini_model, 'context_frames': 2, 'seed': 5, 'samples': 3}
    sent = [images(index) for index in range(3)]
    *_, path = (rig.path_for(msg) for msg in sent)
    assert_same(path, plan_of(settings, sent))
    assert rig.shown(plans='3')['context_frames'] == '2/2'


def test_parameters_cannot_be_changed_while_they_would_have_no_effect(rig, images):
    rig.start()
    for name, value in {'samples': 2, 'default_command': 'left'}.items():
        result = rig.set(**{name: value})
        assert not result.successful
        assert result.reason == f'{name} takes effect at configure: deactivate and clean up first'
    assert rig.change('deactivate')
    assert not rig.set(samples=2).successful
    assert rig.set(use_sim_time=False).successful  # which is not the planner's
    assert rig.change('cleanup')
    assert rig.set(samples=2).successful


@pytest.mark.parametrize(
    ('name', 'value', 'said'),
    [
        ('samples', 2.0, "expected 'Type.INTEGER' got 'Type.DOUBLE'"),  # by rclpy itself
        ('samples', 0, 'Parameter samples out of range'),
        ('noise', 'pink', "noise must be one of fresh, persistent, found 'pink'"),
        ('default_command', 'u-turn', 'default_command must be one of right, left, straight'),
    ],
)
def test_a_wrong_parameter_is_refused_with_the_reason(rig, name, value, said):
    result = rig.set(**{name: value})
    assert not result.successful
    assert said in result.reason


def test_a_transition_that_the_state_does_not_have_is_refused_and_the_drive_goes_on(
    rig, process, images
):
    rig.start()
    rig.path_for(images(0))
    assert not rig.change('activate')
    assert not rig.change('configure')
    rig.path_for(images(1))
    assert rig.shown(plans='2')['resets'] == '0'
    assert 'no such transition from active' in process.said
    assert rig.change('deactivate')
    assert not rig.change('deactivate')
    assert rig.state() == 'inactive'


def started(start_planner, rig, *arguments: str):
    """A planner of the test's own, that has spoken."""
    process = start_planner(*arguments)
    rig.spin_until(lambda: rig.heard['/planner/status'], FIRST_START_S)
    return process


def parameters(model: dict[str, str], **more: object) -> list[str]:
    pairs = {**model, **more}
    return [part for name, value in pairs.items() for part in ('-p', f'{name}:={value}')]


def assert_ends_cleanly(process) -> None:
    assert process.wait() == 0, process.said
    assert 'Traceback' not in process.said
    assert 'Error' not in process.said


def test_autostart_goes_active_by_itself_and_ends_in_the_midst_of_planning(
    start_planner, own_rig, mini_model, images
):
    """Ctrl-C, pressed twice, while images, candidates and predictions keep it busy."""
    arguments = parameters(mini_model, autostart='true', future_frames=16, max_speed_mps=1e6)
    process = started(start_planner, own_rig, *arguments)
    own_rig.spin_until(lambda: own_rig.image.get_subscription_count() > 0, FIRST_START_S)
    assert own_rig.state() == 'active'
    own_rig.listen(type(images(0)), '/planner/predicted_image')
    index = 0

    def drives() -> bool:
        nonlocal index
        own_rig.image.publish(images(index))
        index += 1
        own_rig.spin_for(0.05)
        return bool(own_rig.heard['/planner/predicted_image'])

    own_rig.spin_until(drives)
    own_rig.image.publish(images(index))
    process.send(signal.SIGINT)
    own_rig.spin_for(0.05)
    process.send(signal.SIGINT)
    assert_ends_cleanly(process)
    own_rig.status_where(lambda s: s.message.startswith('FINALIZED'))


@pytest.fixture(scope='module')
def slow_model(tmp_path_factory) -> dict[str, str]:
    """Real sizes, so that loading and warming up take a while."""
    return write_model(config.PRESETS['tiny'], tmp_path_factory.mktemp('slow'))


def test_a_signal_while_it_loads_ends_it_soon(start_planner, own_rig, slow_model):
    arguments = parameters(slow_model, autostart='true')
    process = start_planner(*arguments)
    process.wait_until_said('CONFIGURING', FIRST_START_S)
    process.send(signal.SIGTERM)
    assert process.wait() == 0
    assert 'cannot be configured: it was stopped before the model was ready' in process.said
    assert 'Traceback' not in process.said


def test_a_signal_while_it_imports_is_heeded_before_anything_is_loaded(start_planner, mini_model):
    process = start_planner(*parameters(mini_model, autostart='true'))
    libraries = Path(f'/proc/{process.pid}/maps')
    process.wait_until(lambda: 'libtorch' in libraries.read_text())
    process.send(signal.SIGINT)
    assert_ends_cleanly(process)
    assert 'CONFIGURING' not in process.said


def test_autostart_that_fails_leaves_a_node_that_says_why_and_can_be_mended(
    start_planner, own_rig, mini_model, open_gate, images
):
    process = started(start_planner, own_rig, '-p', 'autostart:=true', '-p', 'contxt_frames:=4')
    own_rig.status_where(lambda s: 'weights is not set' in s.message)
    assert 'parameter contxt_frames is unknown here and has no effect' in process.said
    own_rig.start(**mini_model, **open_gate)
    own_rig.path_for(images(0))
    assert own_rig.change('deactivate')
    assert own_rig.change('shut_down_inactive')
    process.send(signal.SIGTERM)
    assert_ends_cleanly(process)


@pytest.mark.parametrize('state', ['unconfigured', 'active'])
def test_a_manager_can_shut_it_down_in_every_state_and_a_signal_still_ends_it(
    start_planner, own_rig, mini_model, images, state
):
    process = started(start_planner, own_rig, *parameters(mini_model))
    if state == 'active':
        assert own_rig.change('configure')
        assert own_rig.change('activate')
    assert own_rig.change(f'shut_down_{state}')
    assert own_rig.state() == 'finalized'
    own_rig.status_where(lambda s: s.message == 'FINALIZED: no more paths')
    assert not own_rig.change('configure')
    process.send(signal.SIGINT)
    assert process.wait() == 0
    assert 'Traceback' not in process.said


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (('-r', 'bad'), "ROS 2 does not start (RCLError): failed to initialize rcl: Couldn't"),
        (('--frobnicate',), "ROS 2 does not start (UnknownROSArgsError): ['--frobnicate']"),
        (('--params-file', '/nowhere.yaml'), '/nowhere.yaml'),
    ],
    ids=['remapping', 'unknown', 'no file'],
)
def test_wrong_ros_arguments_exit_with_2_and_one_line(start_planner, arguments, said):
    process = start_planner(*arguments)
    assert process.wait() == 2
    # rcl may log a line of its own before.
    (line,) = (line for line in process.said.splitlines() if not line.startswith('[ERROR]'))
    assert line.startswith('planner: error: ')
    assert said in line


@pytest.fixture
def handlers_restored():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    gc.collect()  # ends the node that could not be made, so that the next one is the only one


@pytest.mark.usefixtures('handlers_restored')
@pytest.mark.parametrize(
    ('argument', 'said'),
    [
        ('samples:=many', "'samples' to 'many' of type 'STRING', expecting type 'INTEGER'"),
        ('samples:=0', 'samples out of range. Min: 1, Max: 64, value: 0'),
        ('noise:=pink', "parameter noise must be one of fresh, persistent, found 'pink'"),
        ('max_speed_mps:=30', "'30' of type 'INTEGER', expecting type 'DOUBLE'"),
    ],
)
def test_wrong_start_up_values_exit_with_2_and_one_line(capfd, argument, said):
    """In this process, which has torch already."""
    assert planner.main(['--ros-args', '-p', argument]) == 2
    out, err = capfd.readouterr()
    assert out == ''
    assert err.startswith('planner: error: /planner: ')
    assert err.count('\n') == 1
    assert said in err
