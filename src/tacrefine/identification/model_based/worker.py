"""Refines corrections in a process of its own, so that a fit never stands between a reading and its correction.

A thread would share the interpreter with the tactile callback, and half of a fit is Python. One question is on its
way at a time; what comes meanwhile is not queued, because only the newest mean is of interest.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError, TacrefineError
from tacrefine.identification.model_based.fit import Observed
from tacrefine.identification.model_based.refiner import ModelBasedRefiner
from tacrefine.policy.correction import Correction

NICE = 10
STOP_S = 2.0


@dataclass(frozen=True)
class Assumptions:
    """What the worker loads; names or paths."""

    hand: str
    objects: str
    plant: str
    model: str


@dataclass(frozen=True)
class Question:
    """Which correction leads from the current touch to the target's; `key` comes back with the answer."""

    key: Any
    target_id: str
    object: str
    observable: NDArray[np.bool_]
    current: Observed
    target: Observed


@dataclass(frozen=True)
class Answer:
    """`improved` is False where the fit hardly counts: the correction is the network's."""

    question: Question
    correction: Correction
    improved: bool
    misfit: float
    seconds: float


class RefinementProcess:
    """Starts the worker; `on_answer` and `on_failure` are called from a thread of their own.

    Raises ConfigError at once where a name does not exist.
    """

    def __init__(
        self,
        assumptions: Assumptions,
        on_answer: Callable[[Answer], None],
        on_failure: Callable[[str], None],
    ) -> None:
        from tacrefine.objects import load_objects
        from tacrefine.plants import load_plant

        self.plant = load_plant(assumptions.plant).name
        self.objects = load_objects(assumptions.objects)
        self._on_answer, self._on_failure = on_answer, on_failure
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, assumptions), name="model-based", daemon=True
        )
        self._process.start()
        theirs.close()
        self._free = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._listen, name="model-based", daemon=True)
        self._thread.start()

    @property
    def is_free(self) -> bool:
        """Whether a question would be taken; not before everything is loaded."""
        return self._free.is_set()

    def ask(self, question: Question) -> bool:
        """Send a question unless one is on its way; returns whether it was sent."""
        if question.object not in self.objects:
            known = ", ".join(self.objects)
            raise ConfigError(
                f"object '{question.object}' is unknown; model-based refinement needs one of {known}"
            )
        if not self._free.is_set():
            return False
        self._free.clear()
        try:
            self._connection.send(question)
        except OSError:
            return False  # the listener reports that the worker has ended
        return True

    def close(self) -> None:
        """End the worker; safe to call more than once."""
        self._closing = True
        self._process.terminate()
        self._process.join(STOP_S)
        self._thread.join(STOP_S)
        with contextlib.suppress(OSError):
            self._connection.close()

    def _listen(self) -> None:
        while True:
            try:
                answer = self._connection.recv()
            except (EOFError, OSError):
                if not self._closing:
                    self._on_failure(
                        "model-based refinement: its process ended, corrections are the network's alone"
                    )
                return
            self._free.set()
            if isinstance(answer, Answer):
                self._on_answer(answer)
            elif isinstance(answer, str):
                self._on_failure(answer)


def _work(connection: Connection, assumptions: Assumptions) -> None:
    """The process: load, say so, then answer until the other end closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the node ends it
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    os.nice(NICE)
    import numba

    numba.set_num_threads(1)
    worker = Worker(assumptions)
    worker.warm_up()
    connection.send(None)
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        try:
            connection.send(worker.answer(question))
        except TacrefineError as error:
            connection.send(f"model-based refinement: {error}")


class Worker:
    """What runs in the process: the network for the proposal, the fit for the rest."""

    def __init__(self, assumptions: Assumptions) -> None:
        from tacrefine.hands import load_hand
        from tacrefine.objects import load_objects
        from tacrefine.policy import load_policy
        from tacrefine.sim.quasistatic import QuasistaticSimulator

        self._hand = load_hand(assumptions.hand)
        self._objects = load_objects(assumptions.objects)
        self._policy = load_policy(assumptions.model, self._hand)
        self._plant, self._simulator = assumptions.plant, QuasistaticSimulator(self._hand)
        self._refiners: dict[str, ModelBasedRefiner] = {}

    def warm_up(self) -> None:
        """Load compiled kernels: the first real answer must not wait for them."""
        name, item = next(iter(self._objects.items()))
        nothing = Observed(
            np.zeros((1, self._hand.taxel_count), np.float32),
            np.zeros((1, len(self._hand.joint_names)), np.float32),
        )
        self.answer(Question(None, "", name, item.observable, nothing, nothing))

    def answer(self, question: Question) -> Answer:
        """Return the refined correction of a question, or the network's where the fit is no better."""
        began = time.perf_counter()
        refiner, here, there = self._refiner(question.object), question.current, question.target
        proposal = self._policy.predict_batch(
            here.readings, here.joints, there.readings, there.joints, question.observable
        )
        refined, improved = refiner(proposal, here, there)
        seconds = time.perf_counter() - began
        return Answer(question, refined[0], bool(improved[0]), float(refiner.misfit[0]), seconds)

    def _refiner(self, name: str) -> ModelBasedRefiner:
        if name not in self._refiners:
            item = self._objects[name]
            self._refiners[name] = ModelBasedRefiner(self._hand, item, self._plant, self._simulator)
        return self._refiners[name]
