"""Judges a snapshot of the graph: who is there, who receives from whom, and whether clocks agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tacrefine.bringup.registry import NODES
from tacrefine.doctor.findings import Finding, note, ok, problem
from tacrefine.supervision.graph_snapshot import Endpoint, GraphSnapshot, NodeStatus, Topic

STACK = tuple(NODES[executable].name for executable in ("policy", "refine_server"))
MOST_SKEW = 0.5
"""s between a stamp and the clock when it arrives; the server calls tactile data stale at the same age"""
AHEAD = 0.05
"""s"""
WANTED = {
    "tactile": "start the driver of the hand (docs/how_to/use_a_driver.md), or the simulation (mujoco_bridge)",
    "joint_states": "start the driver of the hand (docs/how_to/use_a_driver.md), or the simulation (mujoco_bridge)",
    "wrist_pose": "let the arm publish the pose of the hand's wrist (docs/how_to/connect_an_arm.md)",
}


def check_graph(seen: GraphSnapshot) -> Iterator[Finding]:
    """Every finding that follows from a snapshot."""
    if not seen.nodes:
        yield _nobody(seen)
        return
    yield from _members(seen)
    for topic in seen.topics:
        yield from _quality(topic)
    yield from _sources(seen)
    yield from _clocks(seen)
    for status in seen.statuses:
        if status.restarts:
            what = f"{status.node} died and was started again; restarts: {status.restarts}"
            yield note("diagnostics", what, f"see the log of {status.node} for why it died")
        if status.level > 0 and not _only_restarted(status):
            why = f"{status.message}{f'; {status.last_error}' if status.last_error else ''}"
            yield problem(
                "diagnostics",
                f"{status.node} says: {why}",
                f"see its log for the cause, remove it, then: ros2 lifecycle set {status.node} configure, and activate "
                "(without the ros2 tool: start the stack again)",
            )
    if seen.statuses and not any(status.level for status in seen.statuses):
        yield ok("diagnostics", f"{len(seen.statuses)} nodes say that they are well")


def _only_restarted(status: NodeStatus) -> bool:
    """Whether a warning is about nothing but a recent restart."""
    return bool(status.restarts) and status.message == "active" and not status.last_error


def _nobody(seen: GraphSnapshot) -> Finding:
    if seen.other_domains:
        domains = ", ".join(map(str, seen.other_domains))
        return problem(
            "graph",
            f"no node answers in domain {seen.domain}, but on this machine something speaks DDS in domain {domains}",
            f"export ROS_DOMAIN_ID={seen.other_domains[0]} here, or start the stack with ROS_DOMAIN_ID={seen.domain}",
        )
    return note("graph", f"no node is running in domain {seen.domain}", "start the stack: tacrefine up")


def _members(seen: GraphSnapshot) -> Iterator[Finding]:
    twice = sorted(name for name, count in Counter(seen.nodes).items() if count > 1)
    if twice:
        yield problem(
            "graph", f"{twice[0]} runs {seen.nodes.count(twice[0])} times", "stop all but one of them"
        )
    place = seen.namespace.rstrip("/")
    missing = [name for name in STACK if f"{place}/{name}" not in seen.nodes]
    elsewhere = sorted(name for name in seen.nodes if name.rpartition("/")[2] in STACK)
    if len(missing) == len(STACK) and elsewhere:
        other = elsewhere[0].rpartition("/")[0] or "/"
        yield problem(
            "graph", f"the stack is not in namespace {place or '/'}", f"call with --namespace {other}"
        )
    elif missing:
        there = ", ".join(sorted(seen.nodes))
        yield problem(
            "graph",
            f"{missing[0]} is not running (there are: {there})",
            "start it: tacrefine up, and see its log",
        )
    else:
        yield ok("graph", f"{len(seen.nodes)} nodes in domain {seen.domain}")


def _quality(topic: Topic) -> Iterator[Finding]:
    kinds = sorted({end.kind for end in (*topic.publishers, *topic.subscribers)})
    if len(kinds) > 1:
        who = topic.publishers[0].node if topic.publishers else topic.subscribers[0].node
        yield problem(
            "types",
            f"{topic.name} is used as {' and as '.join(kinds)}",
            f"remap one of them, for example of {who}",
        )
        return
    for reader in topic.subscribers:
        deaf = [writer for writer in topic.publishers if not _match(writer, reader)]
        if deaf:
            lacks = "reliable" if reader.reliable and not deaf[0].reliable else "transient local"
            yield problem(
                "QoS",
                f"{topic.name}: {reader.node} asks for {lacks}, {deaf[0].node} does not offer it, so nothing arrives",
                f"let {deaf[0].node} publish {lacks}, or {reader.node} ask for less (docs: Reference, Topics)",
            )
            return


def _match(writer: Endpoint, reader: Endpoint) -> bool:
    return (writer.reliable or not reader.reliable) and (writer.transient_local or not reader.transient_local)


def _sources(seen: GraphSnapshot) -> Iterator[Finding]:
    place = seen.namespace.rstrip("/")
    topics = {topic.name: topic for topic in seen.topics}
    for name, remedy in WANTED.items():
        topic = topics.get(f"{place}/{name}")
        if topic is None or not topic.subscribers:
            continue
        if not topic.publishers:
            yield problem("topics", f"nobody publishes {topic.name}", remedy)
        elif topic.name not in seen.ages:
            who = topic.publishers[0].node
            yield problem(
                "topics", f"{who} publishes {topic.name}, but nothing came", f"see the log of {who}"
            )
        else:
            yield ok("topics", f"{topic.name} comes from {topic.publishers[0].node}")


def _clocks(seen: GraphSnapshot) -> Iterator[Finding]:
    told = "the time on /clock" if seen.simulated_time else "this machine's clock"
    for name, age in seen.ages.items():
        if -AHEAD <= age <= MOST_SKEW:
            continue
        how = f"{-age:.1f} s ahead of" if age < 0 else f"{age:.1f} s behind"
        remedy = "set both machines' clocks by NTP or PTP (chrony, ptp4l), or stamp with the time of reading"
        if seen.simulated_time or abs(age) > 1e6:
            remedy = "start every node with the same use_sim_time, and one source of /clock"
        yield problem(
            "clocks", f"stamps of {name} are {how} {told}, so readings count as stale or too new", remedy
        )
        return
    if seen.ages:
        yield ok("clocks", f"stamps agree with {told}")
