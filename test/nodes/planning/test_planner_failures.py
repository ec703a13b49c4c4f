"""When inference fails: no path, never an old one, and a word about why; then it goes on."""

from __future__ import annotations

import dataclasses
import resource
import time

import pytest
from mini_model import mini_preset, write_model
from moody_tokenizer import REFUSAL, picture_that, write_moody_tokenizer
from sensor_msgs.msg import Image

from vavam_ros.bridge.image import image_from_rgb
from vavam_ros.bridge.stamp import ns_from_time

pytestmark = pytest.mark.dds

REFUSED = f'builtins.ValueError: {REFUSAL}'
START_NS, STEP_NS = 10**18, 500_000_000


@pytest.fixture(scope='module')
def moody(mini_model, tmp_path_factory) -> dict[str, str]:
    """The mini model with a tokenizer that fails on images of one colour."""
    tokenizer = write_moody_tokenizer(tmp_path_factory.mktemp('moody') / 'encoder.jit')
    return {**mini_model, 'tokenizer': tokenizer}


def that(mood: str, index: int):
    return image_from_rgb(picture_that(mood), START_NS + index * STEP_NS, 'front')


def good(pictures, index: int):
    return image_from_rgb(pictures(index), START_NS + index * STEP_NS, 'front')


def test_a_failure_gives_no_path_and_is_told_before_the_next_image(rig, process, pictures, moody):
    rig.start(**moody, context_frames=2)
    for index in range(3):
        rig.path_for(good(pictures, index))
    rig.forget()
    before = len(process.said)
    rig.image.publish(that('refuses', 3))
    status = rig.status_where(lambda s: 'inference failed' in s.message)
    assert status.level == status.WARN
    said = f'no path for the newest image: inference failed: Error: {REFUSED}'
    assert said in status.message
    for index in range(4, 9):
        rig.image.publish(that('refuses', index))
        rig.spin_for(0.4)
    status = rig.status_where(lambda s: s.level == s.ERROR)
    assert 'images arrive, but no path for' in status.message
    assert REFUSAL in status.message
    assert rig.paths == []  # no old one, either
    path = rig.path_for(good(pictures, 9))
    assert ns_from_time(path.header.stamp) == START_NS + 9 * STEP_NS
    rig.path_for(good(pictures, 10))
    rig.status_where(lambda s: s.message.startswith(f'DEGRADED: failed 6 times: Error: {REFUSED}'))
    shown = rig.shown(failures='6', plans='5', context_frames='2/2')
    assert 'a frame was kept but not tokenised' in shown['last_reset']
    assert REFUSAL in shown['last_failure']
    assert (
        process.said[before:].count('Traceback (most') == 1
    )  # of six alike, one is logged in full


def test_no_memory_for_inference_is_told_with_what_is_needed(rig, pictures, moody):
    rig.start(**moody)
    rig.path_for(good(pictures, 0))
    rig.image.publish(that('starves', 1))
    status = rig.status_where(lambda s: 'ran out of memory' in s.message)
    said = 'inference failed: cpu ran out of memory: weights and context alone need 0.00 GB in '
    assert said in status.message
    rig.path_for(good(pictures, 2))


def test_frames_beyond_what_can_be_tokenised_are_dropped_and_that_is_told(rig, moody):
    """Of 25 at once, more than a context waits: the newest are kept, and a path is not far."""
    rig.start(**moody)
    for index in range(25):
        rig.image.publish(that('dawdles', index))
        rig.spin_for(0.01)
    rig.spin_until(lambda: any(has_path_for(rig, index) for index in range(17, 25)))
    status = rig.status_where(lambda status: all_done(rig, shown_in(status)))
    shown = shown_in(status)
    assert int(shown['received']) > 17  # a busy machine may lose some on the way
    assert int(shown['dropped_overload']) > 0
    assert int(shown['caught_up']) > 0
    rig.status_where(lambda s: 'tokenising takes longer than the images give' in s.message)


def test_where_catching_up_is_hopeless_the_newest_frame_is_planned_for(rig, moody):
    """Tokenising one takes longer than a step: a path for each that is, and none of them old."""
    rig.start(**moody)
    index = 0
    while len(rig.paths) < 4 and index < 100:
        rig.image.publish(that('crawls', index))
        rig.spin_for(0.2)
        index += 1
    stamps = [(ns_from_time(path.header.stamp) - START_NS) // STEP_NS for path in rig.paths]
    shown = rig.shown(plans=str(len(stamps)))
    assert int(shown['dropped_overload']) > 0
    assert int(shown['caught_up']) <= 2  # before it was known to be hopeless
    typical_s = float(shown['tokenise_ms_p50']) / 1000
    assert typical_s > 0.5
    behind = index - stamps[-1]
    assert behind < 3 + 2 * typical_s / 0.2  # one is in work, and the newest waits


def shown_in(status) -> dict[str, str]:
    return {pair.key: pair.value for pair in status.values}


def all_done(rig, shown: dict[str, str]) -> bool:
    """Whether a status counts every path that came, and every image as used or dropped."""
    counts = {name: int(shown[name]) for name in ('plans', 'used', 'dropped', 'received')}
    done = counts['used'] + counts['dropped'] == counts['received']
    return done and counts['plans'] == len(rig.paths)


def has_path_for(rig, index: int) -> bool:
    return any(ns_from_time(path.header.stamp) == START_NS + index * STEP_NS for path in rig.paths)


def test_a_deactivation_in_the_midst_of_inference_publishes_nothing_more(rig, moody):
    rig.start(**moody)
    for index in range(4):
        rig.image.publish(that('dawdles', index))
        rig.spin_for(0.02)
    begun_s = time.monotonic()
    assert rig.change('deactivate')
    assert time.monotonic() - begun_s < 5.0
    rig.spin_for(0.2)
    paths = len(rig.paths)
    rig.spin_for(1.0)
    assert len(rig.paths) == paths < 4


def test_a_tokenizer_that_only_encodes_predicts_no_images_and_says_so(
    rig, process, pictures, moody
):
    rig.start(**moody)
    rig.listen(Image, '/planner/predicted_image')
    rig.spin_for(0.3)
    for index in range(2):
        rig.path_for(good(pictures, index))
    assert (
        'no predicted images: this tokenizer only encodes (set tokenizer_decoder)' in process.said
    )
    assert rig.heard['/planner/predicted_image'] == []
    rig.shown(plans='2', failures_aside='0')


@pytest.fixture
def address_space(process):
    """Limits what more the planner may map, in bytes; lifted at the end."""
    _, hard = resource.prlimit(process.pid, resource.RLIMIT_AS)

    def limit(more: int) -> None:
        now = 1024 * process.status('VmSize')
        resource.prlimit(process.pid, resource.RLIMIT_AS, (now + more, hard))

    yield limit
    resource.prlimit(process.pid, resource.RLIMIT_AS, (hard, hard))


def test_no_memory_for_the_weights_fails_the_transition_with_the_budget(
    rig, process, images, address_space, tmp_path_factory
):
    mini, codes = mini_preset(), 400_000
    large = dataclasses.replace(
        mini,
        video=dataclasses.replace(mini.video, vocabulary_size=codes + 1),
        tokenizer=dataclasses.replace(mini.tokenizer, codebook_size=codes),
    )
    model = write_model(large, tmp_path_factory.mktemp('large'))
    rig.start()  # so that the libraries have what they need
    rig.stop()
    address_space(250 * 2**20)  # the file can be mapped, but not copied
    assert rig.set(**model).successful
    assert not rig.change('configure')
    status = rig.status_where(lambda s: s.level == s.ERROR)
    assert 'cpu ran out of memory: weights and context alone need 0.10 GB' in status.message
    assert 'set a smaller dtype, fewer samples (4) or context_frames (8)' in status.message
    address_space(2**40)
    rig.start()
    rig.path_for(images(0))
