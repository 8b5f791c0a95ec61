"""Everything that can go wrong, in one tree.

    MoodMirrorError                  exit code 1, HTTP 500
    ├── InputError                   what was given cannot be used (HTTP 400)
    │   ├── NotAnImage               not a picture that we can decode (HTTP 415)
    │   ├── TooLarge                 more bytes than are taken (HTTP 413)
    │   │   └── ImageTooLarge        a picture over the limit of bytes or pixels (HTTP 413)
    │   ├── NotAtRest                a capture of a resting face that was refused (in mood.rest)
    │   ├── DataError                a data set, catalogue or import file is broken
    │   └── SourceError              a camera, stream or video file cannot be opened or read
    ├── NotFound                     an item, mood or file that does not exist (HTTP 404)
    ├── Refused                      a stranger's page or name asks (HTTP 403)
    ├── TooMany                      more requests than the limit allows (HTTP 429)
    ├── ModelError                   a model file is missing, tampered with or of the wrong shape (HTTP 503)
    ├── StoreError                   the database cannot be opened, read or written (HTTP 503)
    └── SetupError                   this machine lacks something that the command needs (HTTP 503)

A message says what is wrong and what to do: ``ImageTooLarge("48 MP; the limit is 24 MP. Resize it.")``.
One handler in :mod:`moodmirror.server` turns the tree into HTTP, one in :mod:`moodmirror.cli` into exit codes.
"""

from __future__ import annotations

__all__ = [
    "DataError",
    "ImageTooLarge",
    "InputError",
    "ModelError",
    "MoodMirrorError",
    "NotAnImage",
    "NotFound",
    "Refused",
    "SetupError",
    "SourceError",
    "StoreError",
    "TooLarge",
    "TooMany",
]


class MoodMirrorError(Exception):
    """Base of every error that this package raises on purpose."""

    http_status = 500


class InputError(MoodMirrorError):
    """What was given cannot be used."""

    http_status = 400


class NotAnImage(InputError):
    """Not a picture that we can decode."""

    http_status = 415


class TooLarge(InputError):
    """More bytes than are taken."""

    http_status = 413


class ImageTooLarge(TooLarge):
    """A picture over the limit of bytes or pixels."""


class DataError(InputError):
    """A data set, catalogue or import file is broken; the message names file, line and field."""


class SourceError(InputError):
    """A camera, stream or video file cannot be opened or read."""


class NotFound(MoodMirrorError):
    """An item, mood or file that does not exist."""

    http_status = 404


class Refused(MoodMirrorError):
    """Asked by a page or under a name that is not the mirror's own."""

    http_status = 403


class TooMany(MoodMirrorError):
    """More requests than the limit allows; ``retry_after_s``: whole seconds until the next may come."""

    http_status = 429

    def __init__(self, message: str, retry_after_s: int = 1) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class ModelError(MoodMirrorError):
    """A model file is missing, tampered with or of the wrong shape."""

    http_status = 503


class StoreError(MoodMirrorError):
    """The database cannot be opened, read or written."""

    http_status = 503


class SetupError(MoodMirrorError):
    """This machine lacks something that the command needs."""

    http_status = 503
