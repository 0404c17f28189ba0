"""The command `tacrefine <verb>`.

Each verb lives in a module of its own and is imported only when it is called, so that `tacrefine --help`
answers at once and never loads MuJoCo, torch or rclpy.

Exit codes: 0 success; 1 the job itself ended without success; 2 wrong use or bad input, told in one sentence
on stderr; 130 interrupted.
"""

import functools
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer

from tacrefine import __version__
from tacrefine.errors import TacrefineError

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""what typer raises for every wrong use; it has no public name"""
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130


class Verb(NamedTuple):
    """Where a verb is implemented, and what `tacrefine --help` says about it."""

    module: str
    function: str
    help: str


VERBS: dict[str, Verb] = {
    "up": Verb("tacrefine.cli.up", "up", "Start the nodes of the stack and keep them running."),
    "demo": Verb("tacrefine.cli.demo", "demo", "Refine a simulated grasp over ROS 2 and show what happened."),
    "view": Verb("tacrefine.cli.view", "view", "Show a running stack or a bag in the browser."),
    "generate": Verb("tacrefine.cli.generate", "generate", "Simulate grasps and write them as a dataset."),
    "train": Verb("tacrefine.cli.train", "train", "Train the policy and write its weights."),
    "record": Verb("tacrefine.cli.record", "record", "Record touch, joints, wrist and goals as a bag."),
    "collect": Verb("tacrefine.cli.collect", "collect", "Record grasps around a pose, unattended."),
    "bags": Verb("tacrefine.cli.bags", "bags", "Look into bags, make datasets of them, export them."),
    "data": Verb("tacrefine.cli.data", "data", "Learn from tables of labelled presses."),
    "calibrate": Verb(
        "tacrefine.cli.calibrate", "calibrate", "Fit one robot's parameters to its recorded grasps."
    ),
    "calibrate-optical": Verb(
        "tacrefine.cli.calibrate_optical",
        "calibrate_optical",
        "Turn an optical fingertip into taxels by presses of a ball.",
    ),
    "finetune": Verb(
        "tacrefine.cli.finetune", "finetune", "Adapt a model to one robot by its recorded grasps."
    ),
    "evaluate": Verb("tacrefine.cli.evaluate", "evaluate", "Measure how well a policy refines grasps."),
    "regrasp": Verb(
        "tacrefine.cli.regrasp", "regrasp", "Regrasp by vision and touch: collect, train, evaluate."
    ),
    "export": Verb("tacrefine.cli.export", "export", "Write trained weights as an ONNX model."),
    "objects": Verb("tacrefine.cli.objects", "objects", "Add objects of your own, from mesh files."),
    "hands": Verb(
        "tacrefine.cli.hands", "hands", "Import a hand of your own, fit its grasp, look at it, describe it."
    ),
    "emulate": Verb("tacrefine.cli.emulate", "emulate", "Play a device in software, to try its driver."),
    "doctor": Verb("tacrefine.cli.doctor", "doctor", "Say what is wrong here, and how to fix it."),
    "security": Verb(
        "tacrefine.cli.security", "security", "Write SROS2 policies with least privilege for the nodes."
    ),
    "report": Verb("tacrefine.cli.report", "report", "Draw the figures of JSON files as one HTML page."),
}

# Packages that are not there in every installation, and how to get them.
OPTIONAL_PACKAGES = {
    "torch": "install it with: pip install 'tacrefine[train]'",
    "onnx": "install it with: pip install 'tacrefine[train]'",
    "cv2": "install it with: pip install 'tacrefine[drivers]'",
    "pymodbus": "install it with: pip install 'tacrefine[drivers]'",
    "paxini_sdk": "install it with: pip install 'tacrefine[drivers]'",
    "pyrobotiqtactile": "install it with: pip install 'tacrefine[drivers]'",
    "serial": "install it with: pip install 'tacrefine[drivers]'",
    "pyarrow": "install it with: pip install 'tacrefine[tables]'",
    "ray": "install it with: pip install 'tacrefine[cluster]'",
    "viser": "install it with: pip install 'tacrefine[view]'",
    "rclpy": "source the setup file of a ROS 2 install, or run 'make setup' and '. scripts/env.sh'",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line.

    Args:
        argv: The arguments after the program's name; None takes those of this process.

    Returns:
        The exit code, see the module's description.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    called = next((arg for arg in args if not arg.startswith("-")), "")
    try:
        code = build_app(called)(args=args, prog_name="tacrefine", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except USAGE_ERROR as error:
        from tacrefine.cli.wrong_use import tell_wrong_use

        tell_wrong_use(error)
        return EXIT_BAD_INPUT
    except typer.Abort:
        return _tell(called, "interrupted.", EXIT_INTERRUPTED)
    except TacrefineError as error:
        return _tell(called, str(error), EXIT_BAD_INPUT)
    except KeyboardInterrupt:
        return _tell(called, "interrupted.", EXIT_INTERRUPTED)
    except OSError as error:
        if error.filename is None:
            raise
        return _tell(
            called, f"{error.filename}: {error.strerror}; it must be readable and writable.", EXIT_BAD_INPUT
        )
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in OPTIONAL_PACKAGES:
            raise
        sentence = f"needs {package}, which is not here; {OPTIONAL_PACKAGES[package]}."
        return _tell(called, sentence, EXIT_BAD_INPUT)


def build_app(called: str) -> typer.Typer:
    """The command line with every verb of the table, of which only the called one is really imported.

    Args:
        called: Name of the verb that will run; any other text if none will.

    Returns:
        The application.
    """
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Refine a grasp by touch until it feels like a target that was shown once.",
    )
    app.callback()(_options)
    for name, verb in VERBS.items():
        if name == called:
            function = getattr(import_module(verb.module), verb.function)
            if isinstance(function, typer.Typer):
                _add_group(app, name, function)
            else:
                app.command(name)(_interruptible(name, function))
        else:
            app.command(name, help=verb.help)(_not_called)
    return app


def _add_group(app: typer.Typer, name: str, group: typer.Typer) -> None:
    """A verb that has verbs of its own."""
    for command in group.registered_commands:
        if command.callback is not None:
            command.callback = _interruptible(name, command.callback)
    app.add_typer(group, name=name)


def _show_version(shown: bool) -> None:
    """Print the version and end, if asked for."""
    if shown:
        print(f"tacrefine {__version__}")
        raise typer.Exit


def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Options that belong to no verb."""


def _not_called() -> None:
    """Stands in for a verb that this command line does not call."""


def _interruptible(verb: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The same command, except that Ctrl-C ends it with its own exit code and without a traceback."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except KeyboardInterrupt:
            raise typer.Exit(_tell(verb, "interrupted.", EXIT_INTERRUPTED)) from None

    return command


def _tell(verb: str, sentence: str, code: int) -> int:
    """Write one sentence to stderr and hand the exit code back."""
    print(" ".join(f"tacrefine {verb}: {sentence}".replace(" :", ":").split()), file=sys.stderr)
    return code
