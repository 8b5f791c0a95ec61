"""`moodmirror rest`: capture, show or forget your resting face."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from moodmirror.cli.console import err, out, progress_bar
from moodmirror.errors import InputError

if TYPE_CHECKING:
    from moodmirror.config import Settings
    from moodmirror.mirror import Mirror
    from moodmirror.mood.rest import RestingFace
    from moodmirror.store import StoredRest


def rest(
    camera: Annotated[
        str, typer.Option(metavar="0|FILE|URL", help="Camera number, or a video or stream of you alone.")
    ] = "0",
    show: Annotated[bool, typer.Option("--show", help="Show the one that is kept, and capture none.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Forget the one that is kept: nothing is shifted.")] = False,
    model: Annotated[
        Path | None, typer.Option(help="Expression model (ONNX) to use instead of the shipped one.")
    ] = None,
    detector: Annotated[str | None, typer.Option(help="auto, short, full or haar.")] = None,
) -> None:
    """Capture your face at rest for ten seconds, so that it is not taken for an expression. Only numbers are kept."""
    from moodmirror.cli.settings import open_store, settings_with

    if show and forget:
        raise InputError("--show and --forget exclude each other. Choose one.")
    settings = settings_with(model=model, detector=detector)
    if show:
        _show(settings)
    elif forget:
        with open_store(settings) as store:
            store.delete_rest()
        out.print("Forgotten. Readings are as they were before.")
    else:
        _capture(settings, camera)


def kept_rest(settings: Settings, mirror: Mirror, *, asked: bool) -> RestingFace | None:
    """The person's resting face for what is read now, said on standard error; None where there is none for this model.

    Raises ``InputError`` where it was ``asked`` for and none is kept. Makes no database where there is none.
    """
    from moodmirror.server.resting import usable

    kept = _kept(settings)
    if kept is None:
        if asked:
            raise InputError("No resting face is kept. Capture one with `moodmirror rest`, or leave --rest out.")
        return None
    face = usable(kept, mirror.classifier.card.sha256)
    if face is None:
        err.print(
            "Your resting face was captured with another model and is left out. Capture it again: moodmirror rest"
        )
    else:
        err.print(
            f"Read with your resting face of {kept.at.astimezone():%Y-%m-%d}; --no-rest leaves it out.", highlight=False
        )
    return face


def _kept(settings: Settings) -> StoredRest | None:
    from moodmirror.cli.settings import open_store

    if isinstance(settings.database, Path) and not settings.database.exists():
        return None
    with open_store(settings) as store:
        return store.rest()


def _capture(settings: Settings, camera: str) -> None:
    from datetime import UTC, datetime

    from moodmirror.cli.settings import open_store
    from moodmirror.mirror import Mirror
    from moodmirror.mood.rest import CAPTURE_S
    from moodmirror.store import StoredRest

    mirror = Mirror(settings)
    # Opened first: a database that cannot be written should say so before somebody sits still for ten seconds.
    with open_store(settings) as store:
        err.print("Look at the camera, alone, your face at rest. It takes ten seconds.")
        with progress_bar() as bar:
            task = bar.add_task("sit still", total=CAPTURE_S)
            face = mirror.capture_rest(camera, lambda part: bar.update(task, completed=round(part * CAPTURE_S)))
        store.put_rest(
            StoredRest(face.offset, face.readings, face.seconds, face.read_as, face.model, datetime.now(UTC))
        )
    use = (
        "`moodmirror watch` uses it now; `moodmirror rest --forget` undoes it."
        if any(face.offset)
        else "Neutral is well ahead, so nothing needs a shift."
    )
    out.print(
        f"Kept, from {face.readings} readings. At rest your face was read as {face.read_as}. {use}",
        highlight=False,
        soft_wrap=True,
    )


def _show(settings: Settings) -> None:
    from moodmirror.expression.classify import OnnxClassifier
    from moodmirror.types import EXPRESSIONS

    kept = _kept(settings)
    if kept is None:
        out.print("No resting face is kept. `moodmirror rest` captures one.")
        return
    shifts = ", ".join(f"{name} {value:.2f}" for name, value in zip(EXPRESSIONS, kept.offset, strict=True))
    out.print(
        f"Captured {kept.at.astimezone():%Y-%m-%d %H:%M} from {kept.readings} readings in {kept.seconds:.0f} s. "
        f"At rest your face was read as {kept.read_as}.\nAdded to the logits: {shifts}.",
        highlight=False,
        soft_wrap=True,
    )
    if OnnxClassifier(settings.model, settings.threads).card.sha256 != kept.model:
        out.print("It was captured with another model and is not in use. `moodmirror rest` captures it again.")
