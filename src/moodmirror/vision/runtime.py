"""Every ONNX Runtime option in one place.

One thread an inference by default: the graphs are small, and a pool of threads costs more in waking than it saves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from moodmirror.errors import ModelError

Array = NDArray[Any]


class Graph:
    """A loaded ONNX graph. Calls may come from several threads at once; each runs with the given number of threads."""

    def __init__(self, model: Path | bytes, threads: int = 1) -> None:
        """Load a file or its bytes; raises ``ModelError`` where it is missing or no graph that this runtime reads."""
        if isinstance(model, Path) and not model.is_file():
            raise ModelError(f"the model {model} does not exist.")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Frames change size; an arena would keep the largest of every shape.
        options.enable_cpu_mem_arena = False
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        name = model.name if isinstance(model, Path) else "the model"
        try:
            source = str(model) if isinstance(model, Path) else model
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the runtime's own errors share no base below it
            raise ModelError(
                f"{name} is no ONNX graph that onnxruntime {onnxruntime.__version__} can run: {error}"
            ) from error

    @property
    def inputs(self) -> dict[str, tuple[str, list[int | str | None]]]:
        """Element type and shape of each input, by name; free sides are names or None."""
        return {value.name: (value.type, value.shape) for value in self._session.get_inputs()}

    @property
    def outputs(self) -> dict[str, tuple[str, list[int | str | None]]]:
        """Element type and shape of each output, by name."""
        return {value.name: (value.type, value.shape) for value in self._session.get_outputs()}

    def run(self, names: Sequence[str], inputs: Mapping[str, Array]) -> list[Array]:
        """The outputs ``names``, in that order."""
        return [np.asarray(value) for value in self._session.run(list(names), dict(inputs))]
