"""A node that rests hands over few messages, and all of them once it is woken."""

from __future__ import annotations

import time

import pytest
import rclpy
from fake_robot import FAST  # noqa: F401  (sets this run's ROS domain before rclpy is imported)
from rclpy.clock import Clock, ClockType
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import Int32

from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.core.sensor_sampling import PERIOD_S, SensorSampling

pytestmark = pytest.mark.ros


@pytest.fixture
def listener():
    """A resting node, what it received, how often its ticker ran, and a function that publishes and spins."""
    rclpy.init()
    node, executor = Node("resting"), SingleThreadedExecutor()
    executor.add_node(node)
    steady = Clock(clock_type=ClockType.STEADY_TIME)
    sampling = SensorSampling(node, steady)
    received, ticks = [], []
    node.create_subscription(Int32, "numbers", received.append, SENSOR, callback_group=sampling.group)
    sampling.add_ticker(node.create_timer(0.01, lambda: ticks.append(1), clock=steady))
    publisher = node.create_publisher(Int32, "numbers", SENSOR)
    deadline = time.monotonic() + 30.0
    while publisher.get_subscription_count() == 0:
        assert time.monotonic() < deadline
        executor.spin_once(timeout_sec=0.05)
    sampling.rest()

    def play(count: int) -> None:
        for number in range(count):
            publisher.publish(Int32(data=number))
            until = time.monotonic() + 0.01
            while (left := until - time.monotonic()) > 0:
                executor.spin_once(timeout_sec=left)

    yield sampling, received, ticks, play
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()


def test_a_resting_node_samples_a_woken_one_hears_everything_and_its_ticker_runs(listener):
    sampling, received, ticks, play = listener
    began = time.monotonic()
    ticks.clear()
    play(100)
    assert 1 <= len(received) <= 2 + (time.monotonic() - began) / PERIOD_S
    assert not ticks
    sampling.wake()
    sampling.wake()
    sampling.sleep()
    assert not sampling.is_resting, "somebody still needs every message"
    received.clear()
    play(100)
    assert len(received) >= 90
    assert ticks
    sampling.sleep()
    assert sampling.is_resting


def test_a_node_that_was_cleaned_up_is_not_put_to_rest_again(listener):
    sampling, *_ = listener
    sampling.wake()
    sampling.close()
    sampling.sleep()
    assert not sampling.is_resting
