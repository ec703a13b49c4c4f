"""What the planner has been through since it was activated, told by all its threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from vavam_ros.nodes.planning.graph_time import GraphTime, Instant
from vavam_ros.nodes.planning.tally import Latencies, Rate, Tally, Trouble
from vavam_ros.perception.history import Admission
from vavam_ros.records import Plan

FAULTS = ('duplicate', 'out_of_order', 'future', 'overload', 'undecodable', 'lost')
STALE_S = 1.5  # without an image, or without a path: three steps of the model
_REMARKS = {
    'duplicate': 'a stamp that was there before: does the camera driver set header.stamp?',
    'out_of_order': 'a stamp older than one before: do two cameras publish on this topic?',
    'future': 'a stamp of the future: synchronise the clocks, or set use_sim_time with a bag',
    'overload': 'tokenising takes longer than the images give time for',
}


class PlannerHealth:
    """Facts, to be judged by `verdict` and shown by `values`. Thread-safe."""

    def __init__(self, graph_time: GraphTime) -> None:
        self.time = graph_time
        self.lock = threading.RLock()  # hold it to read several facts of one moment
        self.lifecycle = 'unconfigured'  # the state, or the transition under way
        self.refusal: str | None = None  # why the latest transition failed
        self.model: dict[str, object] = {}  # what runs, in words, for people
        self.trained = True  # False: random weights
        self.context_frames = 0  # of a full context
        self._forget()

    def _forget(self) -> None:
        self.activated = self.time.now()
        self.newest_image: Instant | None = None
        self.images_since: Instant | None = None  # when they began to come without a pause
        self.newest_plan: Instant | None = None
        self.pathless: str | None = None  # why the newest image got no path; None if it did
        self.received = 0
        self.used = 0  # images that became tokens
        self.between = 0  # images that the model's rate leaves out
        self.caught_up = 0  # images that became tokens but no plan, since newer ones waited
        self.drops = Tally()  # images, by FAULTS
        self.withheld = Tally()  # plans, by the gate's objection
        self.failures = Tally()  # of inference
        self.resets = Tally()  # of the context
        self.asides = Tally()  # what failed without costing a path
        self.context = 0  # frames that the newest plan was made from
        self.surprise: float | None = None  # nats per token
        self.image_note: str | None = None  # what of the image is not seen
        self.camera_info = ''  # fingerprint of the newest
        self.lens = ''  # through which the camera sees, in words
        self.coverage: float | None = None  # share of the model's view; None: not known
        self.lens_problem: str | None = None  # why camera_info is not used
        self.command = ''
        self.latencies = Latencies()
        self.images = Rate()
        self.plans = Rate()
        self.planned = 0

    def enters(self, lifecycle: str, refusal: str | None = None) -> None:
        """Change to a lifecycle state or transition; activation forgets all that was before."""
        with self.lock:
            self.lifecycle, self.refusal = lifecycle, refusal
            if lifecycle == 'active':
                self._forget()

    def identify(self, model: Mapping[str, object], trained: bool, context_frames: int) -> None:
        """Say what runs from now on."""
        with self.lock:
            self.model, self.trained = dict(model), trained
            self.context_frames = context_frames

    def forget_model(self) -> None:
        """Nothing runs any more."""
        self.identify({}, trained=True, context_frames=0)

    def receive(self, now: Instant) -> None:
        """An image arrived."""
        with self.lock:
            self.received += 1
            self.images.count()
            if self.newest_image is None or self.time.since(self.newest_image) > STALE_S:
                self.images_since = now
            self.newest_image = now

    def admit(self, admission: Admission) -> None:
        """The selector decided about the image."""
        with self.lock:
            if admission.reset:
                self.resets.add(admission.reset)
            if admission.cause == 'between':
                self.between += 1
            elif not admission.kept:
                self.drop(admission.cause, _REMARKS[admission.cause])

    def drop(self, cause: str, text: str, count: int = 1) -> Trouble:
        """Images were lost to one of the FAULTS."""
        with self.lock:
            if cause == 'undecodable':
                self.pathless = text
            return self.drops.add(text, cause, count)

    def overload(self, count: int) -> None:
        """Images waited in vain; none is fine, too."""
        if count > 0:
            self.drop('overload', _REMARKS['overload'], count)

    def remember(self, reset: str | None, note: str | None) -> None:
        """An image became tokens; `note` says what of it the model does not see."""
        with self.lock:
            self.used += 1
            self.image_note = note
            if reset:
                self.resets.add(reset)

    def see_through(self, lens: str, coverage: float | None, problem: str | None) -> bool:
        """The camera's images are seen like this; whether that is news."""
        with self.lock:
            news = (lens, coverage, problem) != (self.lens, self.coverage, self.lens_problem)
            self.lens, self.coverage, self.lens_problem = lens, coverage, problem
            return news

    def catch_up(self) -> None:
        """An image became tokens but no plan, since a newer one waited."""
        with self.lock:
            self.caught_up += 1

    def plan(self, plan: Plan, command_source: str, received_s: float) -> None:
        """A path went out, for an image received at `received_s` (time.monotonic())."""
        with self.lock:
            self.command = f'{plan.command.name.lower()} ({command_source})'
            self.planned += 1
            self.plans.count()
            self.newest_plan = self.time.now()
            self.context = plan.context_frames
            self.pathless = None
            self.latencies.add('image_to_path', time.monotonic() - received_s)

    def withhold(self, plan: Plan, objection: str) -> Trouble:
        """The gate dropped a plan."""
        with self.lock:
            self.context = plan.context_frames
            self.pathless = f'the plan was withheld: {objection}'
            return self.withheld.add(objection)

    def fail(self, text: str) -> Trouble:
        """Inference failed, and there is no plan for the newest image."""
        with self.lock:
            self.pathless = f'inference failed: {text}'
            return self.failures.add(text)

    def fail_aside(self, text: str) -> Trouble:
        """Something failed that no path depends on."""
        with self.lock:
            return self.asides.add(text)

    def typical_s(self, stage: str) -> float:
        """The median of the latest three runs of a stage; 0.0 before the first."""
        with self.lock:
            return self.latencies.median_ms(stage, 3) / 1000

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Measure a stage of the worker."""
        start_s = time.perf_counter()
        yield
        with self.lock:
            self.latencies.add(stage, time.perf_counter() - start_s)
