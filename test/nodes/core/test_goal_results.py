"""No goal ends with an empty result: its code would be that of a success."""

from __future__ import annotations

from types import MethodType, SimpleNamespace

import pytest
from tacrefine.action import RefineGrasp

from tacrefine.nodes.core.goal_server import GoalServer
from tacrefine.nodes.tools.blocking_client import ClientError, GoalRun
from tacrefine.supervision.client_monitor import ClientMonitor
from tacrefine.supervision.errors import Internal, NoWristPose


class Server(SimpleNamespace):
    """What `GoalServer` needs of a node to run a goal; `begin` raises `problem`."""

    def __init__(self, problem: Exception) -> None:
        super().__init__(problem=problem, running=None, _outcome=None, _newest=None, executor=None, told=[])
        for name in ("_execute", "_run", "_run_machine", "_wait_for_turn"):
            setattr(self, name, MethodType(getattr(GoalServer, name), self))
        nothing = SimpleNamespace(wake=lambda: None, sleep=lambda: None, stop=lambda reason: None)
        self.sensors = self.machine = nothing
        self.clock = SimpleNamespace(steady=lambda: 0.0)
        self._client = ClientMonitor(1.0, "refine_grasp")
        self._notify = self._check_ready = lambda: None
        self.understand = lambda request: request
        self.refusal = lambda error: error
        self.get_logger = lambda: SimpleNamespace(error=self.told.append)
        self._finish = lambda handle, outcome, asked: outcome

    def begin(self, asked: object) -> None:
        """Fail."""
        raise self.problem


@pytest.mark.parametrize(
    ("problem", "code"), [(NoWristPose("no pose"), NoWristPose.code), (KeyError("x"), Internal.code)]
)
def test_a_goal_that_cannot_begin_ends_with_its_code_and_the_next_one_may_run(
    problem: Exception, code: int
) -> None:
    server = Server(problem)
    goal = SimpleNamespace(uuid=bytes(16))
    handle = SimpleNamespace(request="shown", goal_id=goal, is_cancel_requested=False)
    with pytest.raises(StopIteration) as ended:
        server._execute(handle).send(None)
    assert ended.value.value.code == code
    assert server.running is None
    assert server._outcome is None
    assert bool(server.told) == (code == Internal.code)  # with its traceback


def test_a_result_that_the_server_has_forgotten_is_an_error_and_no_success() -> None:
    answer = SimpleNamespace(status=0, result=RefineGrasp.Result())
    future = SimpleNamespace(add_done_callback=lambda callback: None)
    handle = SimpleNamespace(goal_id=None, get_result_async=lambda: future)
    client = SimpleNamespace(beat=lambda goal: None, answer=lambda *words: answer, action_name="refine_grasp")
    with pytest.raises(ClientError, match="refine_grasp does not know the goal any more"):
        GoalRun(client, handle).result()  # type: ignore[arg-type]
