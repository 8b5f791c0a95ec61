"""The map from a detector's box and eyes to the frame that the training pictures have.

Serving must frame a face as training did. FER2013's pictures are framed already, by a detector that we do not have; so
they are pasted into larger pictures, detected there, and the map is fitted that leads from what the detector says back to
the picture's own frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from moodmirror.errors import DataError
from moodmirror.types import Face, Frame
from moodmirror.vision.detect import Detector

SCENE_PX: Final = (480, 640)
PASTED_PX: Final = (160, 300)
"""A crop has no hair, neck or shoulders, and detectors miss most of them when they are pasted smaller."""
MARGIN_PX: Final = 20
SAMPLE: Final = 500
MIN_FOUND: Final = 30


@dataclass(frozen=True, slots=True)
class Framing:
    """Where the square of the training frame lies.

    ``side_per_box``: its side in mean sides of the detector's box. ``eyes_to_centre``: from the midpoint of the eyes to its
    centre, down the face's own axis, in its sides. ``box_to_centre``: from the box's centre to its centre, down the picture,
    in its sides, where there are no eyes. Across the face it is centred, as the pictures are mirrored in training.
    ``n``: pictures tried; ``found``: share of them detected; ``spread``: of the three ratios, as 1.4826 median absolute
    deviations: how differently the training pictures themselves are framed.
    """

    side_per_box: float
    eyes_to_centre: float
    box_to_centre: float
    n: int = 0
    found: float = 0.0
    spread: tuple[float, float, float] = (0.0, 0.0, 0.0)


FRAMING: Final = Framing(
    side_per_box=1.1586,
    eyes_to_centre=0.1083,
    box_to_centre=-0.0792,
    n=500,
    found=0.952,
    spread=(0.1578, 0.0395, 0.0553),
)
"""What :func:`fit_framing` gives for FER2013's Training, ``BlazeFaceDetector("auto")`` and seed 0."""


def fit_framing(crops: NDArray[np.uint8], detector: Detector, seed: int, sample: int = SAMPLE) -> Framing:
    """Fit the map on up to ``sample`` of ``crops``, uint8 (n, 48, 48); medians, so that odd pictures do not count.

    The detector must give landmarks. Raises ``DataError`` where it finds too few faces to fit anything.
    """
    random = np.random.default_rng(seed)
    rows = random.permutation(len(crops))[:sample]
    ratios = []
    for row in rows:
        scene, centre, side = paste(crops[row], random)
        faces = [face for face in detector.detect(scene) if face.landmarks]
        if faces:
            ratios.append(_ratios(faces[0], centre, side))
    if len(ratios) < MIN_FOUND:
        raise DataError(f"only {len(ratios)} of {len(rows)} pictures show a face that is found. Give more face crops.")
    table = np.array(ratios)
    middle = np.median(table, axis=0)
    spread = (1.4826 * np.median(np.abs(table - middle), axis=0)).tolist()
    side_per_box, eyes_to_centre, box_to_centre = (round(float(value), 4) for value in middle)
    return Framing(
        side_per_box,
        eyes_to_centre,
        box_to_centre,
        n=len(rows),
        found=round(len(ratios) / len(rows), 4),
        spread=(round(spread[0], 4), round(spread[1], 4), round(spread[2], 4)),
    )


def paste(
    crop: NDArray[np.uint8], random: np.random.Generator, roll_deg: float = 0.0
) -> tuple[Frame, tuple[float, float], float]:
    """A 640x480 scene with ``crop``, uint8 (48, 48), at 160 to 300 pixels, turned by ``roll_deg``; its centre and side there.

    Around it its edges are replicated and blurred: a hard border would be an edge that no photograph has.
    """
    rows, columns = SCENE_PX
    side = int(random.integers(PASTED_PX[0], PASTED_PX[1] + 1))
    left = int(random.integers(MARGIN_PX, columns - MARGIN_PX - side + 1))
    top = int(random.integers(MARGIN_PX, rows - MARGIN_PX - side + 1))
    face = cv2.resize(crop, (side, side), interpolation=cv2.INTER_CUBIC)
    sharp = cv2.copyMakeBorder(face, top, rows - top - side, left, columns - left - side, cv2.BORDER_REPLICATE)
    scene = cv2.GaussianBlur(sharp, (0, 0), side / 12)
    scene[top : top + side, left : left + side] = face
    centre = (left + side / 2, top + side / 2)
    if roll_deg:
        turn = cv2.getRotationMatrix2D(centre, roll_deg, 1.0)
        scene = cv2.warpAffine(scene, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return Frame(np.repeat(scene[:, :, None], 3, axis=2).astype(np.uint8)), centre, float(side)


def _ratios(face: Face, centre: tuple[float, float], side: float) -> tuple[float, float, float]:
    left, top, right, bottom = face.bbox_xyxy
    right_eye, left_eye = np.array(face.landmarks[:2])
    across = (left_eye - right_eye) / max(1e-6, float(np.hypot(*(left_eye - right_eye))))
    down = np.array([-across[1], across[0]])
    from_eyes = np.array(centre) - (right_eye + left_eye) / 2
    mean_side = (right - left + bottom - top) / 2
    return side / mean_side, float(from_eyes @ down) / side, (centre[1] - (top + bottom) / 2) / side
