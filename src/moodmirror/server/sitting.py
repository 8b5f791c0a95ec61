"""One person's sitting before the mirror: readings become a mood, a mood becomes offers and, if they wish, a memory."""

from __future__ import annotations

import asyncio
from typing import Final

from moodmirror.errors import ImageTooLarge, InputError, NotFound
from moodmirror.mirror import MirrorSession
from moodmirror.mood.rest import NotAtRest, RestCapture, RestingFace, RestingMood
from moodmirror.server.fields import named
from moodmirror.server.limits import MAX_FRAME_PX
from moodmirror.server.schemas import ReadingOut, RestingFaceOut
from moodmirror.server.state import Desk
from moodmirror.server.watching import Stretch, Watching
from moodmirror.server.wire import (
    Choose,
    ChooseLane,
    ClientMessage,
    Correct,
    LiveOffers,
    MoodState,
    MoreOffers,
    Readings,
    Rest,
    RestState,
    Start,
    State,
)
from moodmirror.types import Expression, Frame, Lane, Mood, Reading
from moodmirror.vision.decode import decode_image

OFFERS_EVERY_S: Final = 3.0
"""Offers by themselves come no more often: cards that change while one reads them are worse than late ones."""


class Sitting:
    """The thinking half of a live socket. Used by one task at a time."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._session: MirrorSession = desk.mirror.session()
        self._watching = Watching()
        self._reads: str | None = None
        self._seq = 0
        self._offered_for: Expression | None = None
        self._offered_at: float | None = None
        self._asked = False
        self._lane: Lane | None = None
        self._capture: RestCapture | None = None
        self._resting: RestingMood | None = None
        self._rest_left_out = False
        self._news: list[RestState] = []

    async def heed(self, message: ClientMessage) -> None:
        """Do what a message asks. Raises InputError where it cannot be done now."""
        at = self._desk.clock()
        if isinstance(message, Start):
            if self._reads is not None:
                raise InputError("'start' comes once. Open another socket to change who reads.")
            self._reads = message.reads
        elif isinstance(message, Choose):
            self._watching.choose(message.track_id, at)
        elif isinstance(message, ChooseLane):
            await self._choose_lane(message.lane)
        elif isinstance(message, Correct):
            await self._correct(message.expression, at)
        elif isinstance(message, Rest):
            self._heed_rest(message)
        elif isinstance(message, MoreOffers):
            if self._watching.stretch is None:
                raise InputError("There is no settled mood to offer for yet. Look into the camera, or tap a mood.")
            self._asked = True

    async def look(self, frame: bytes | Readings, dropped: int) -> State:
        """Read one frame, or take the page's readings, and say what is seen. Raises InputError for one that is unfit."""
        started = self._desk.clock()
        if isinstance(frame, Readings):
            self._need("page")
            width, height, frame_at = frame.width, frame.height, frame.at
            faces, scores = [face.face() for face in frame.faces], [face.scores() for face in frame.faces]
            readings = self._session.update_scores(faces, scores, frame_at, width)
        else:
            self._need("server")
            frame_at = started
            width, height, readings = await self._desk.reader.run(self._read, frame, started)
        at = self._desk.clock()
        raw = self._watching.find(readings, at)
        mine = self._at_rest(raw, await self._rest_now(at), frame_at)
        self._watching.take(mine, at)
        if self._capture is not None:
            await self._go_on(self._capture, raw, frame_at, width)
        if self._watching.due(at):
            await self._store()
        self._seq += 1
        return State(
            seq=self._seq,
            width=width,
            height=height,
            faces=[
                ReadingOut.model_validate((mine if mine is not None and reading is raw else reading).to_dict())
                for reading in readings
            ],
            me=self._watching.me,
            rested=mine.track_id if mine is not None and mine is not raw else None,
            mood=self._mood_state(mine),
            dropped=dropped,
            took_ms=(at - started) * 1e3,
        )

    def news(self) -> tuple[RestState, ...]:
        """How the capture of a resting face went on since this was last asked."""
        news, self._news = tuple(self._news), []
        return news

    def offers_due_in(self) -> float | None:
        """Seconds until offers are to be sent, 0 for now, None where there is nothing new."""
        if self._asked:
            return 0
        stretch = self._watching.stretch
        if stretch is None or self._offered_for == stretch.expression:
            return None
        if self._offered_at is None:
            return 0
        return max(0.0, self._offered_at + OFFERS_EVERY_S - self._desk.clock())

    async def offers(self) -> LiveOffers | None:
        """Offers for the settled mood, or None where there is none any more."""
        self._asked = False
        stretch = self._watching.stretch
        if stretch is None:
            return None
        self._offered_for, self._offered_at = stretch.expression, self._desk.clock()
        if self._lane is not None:  # chosen before there was a mood to choose it for
            await self._choose_lane(self._lane)
        offers = await asyncio.to_thread(self._desk.mind.offer, stretch.told, now=self._desk.now())
        return LiveOffers.model_validate(offers.model_dump())

    def _need(self, who: str) -> None:
        if self._reads is None:
            raise InputError('Say who reads first: {"type": "start", "reads": "server"} or "page".')
        if self._reads != who:
            raise InputError(f"This socket was started with the {self._reads} reading. Open another one.")

    def _read(self, jpeg: bytes, at: float) -> tuple[int, int, tuple[Reading, ...]]:
        frame = decode_image(jpeg, at=at)
        if max(frame.width, frame.height) > MAX_FRAME_PX:
            raise ImageTooLarge(
                f"{frame.width}x{frame.height}; live frames may have {MAX_FRAME_PX} pixels a side. Send smaller ones."
            )
        return frame.width, frame.height, self._session.update(Frame(frame.pixels, at))

    def _heed_rest(self, message: Rest) -> None:
        if message.action == "start":
            if self._reads is None:
                raise InputError('Say who reads first: {"type": "start", "reads": "server"} or "page".')
            self._capture = self._desk.mirror.rest_capture()
            self._news.append(RestState(status="capturing", progress=0.0))
        elif message.action == "cancel":
            if self._capture is None:
                raise InputError("No capture is running; there is nothing to cancel.")
            self._news.append(RestState(status="cancelled", progress=self._capture.progress))
            self._capture = None
        else:
            self._rest_left_out = message.action == "leave_out"

    async def _rest_now(self, at: float) -> RestingFace | None:
        """My resting face, unless it is left out here."""
        if self._rest_left_out:
            return None
        resting = self._desk.resting
        return await asyncio.to_thread(resting.now, at) if resting.stale(at) else resting.now(at)

    def _at_rest(self, raw: Reading | None, rest: RestingFace | None, frame_at: float) -> Reading | None:
        """My reading with my resting face, if I have one; nobody else's is ever touched."""
        if rest is None:
            self._resting = None
        elif self._resting is None or self._resting.rest != rest:
            self._resting = RestingMood(rest, self._desk.mirror.rule)
        return raw if raw is None or self._resting is None else self._resting.update(raw, frame_at)

    async def _go_on(self, capture: RestCapture, raw: Reading | None, frame_at: float, width: int) -> None:
        """Give the capture my reading as it is without a resting face; a capture that is cut off leaves nothing."""
        try:
            rest = capture.update(raw, frame_at, width)
        except NotAtRest as refusal:
            self._capture = None
            self._news.append(
                RestState(status="refused", progress=capture.progress, reason=refusal.reason, message=str(refusal))
            )
            return
        if rest is None:
            self._news.append(RestState(status="capturing", progress=capture.progress))
            return
        self._capture = None
        kept = await asyncio.to_thread(self._desk.resting.keep, rest, self._desk.now(), self._desk.clock())
        shown = RestingFaceOut.of(kept, rest.model)
        self._news.append(RestState(status="kept", progress=1.0, resting_face=shown))

    async def _choose_lane(self, lane: Lane) -> None:
        stretch = self._watching.stretch
        if stretch is None or stretch.expression is None:
            self._lane = lane
            return
        await asyncio.to_thread(self._desk.mind.choose_lane, stretch.expression, lane)
        self._lane, self._asked = None, True

    async def _correct(self, expression: Expression | None, at: float) -> None:
        stretch = self._watching.correct(expression, at)
        if stretch is None:
            raise InputError("There is no mood to correct: no face is in view. Tap a mood instead.")
        self._asked = True  # what was chosen by hand is answered at once
        if stretch.entry_id is not None:
            try:
                await asyncio.to_thread(self._desk.store.correct_mood, stretch.entry_id, expression)
            except NotFound:  # deleted from the history meanwhile; the word still counts for this sitting
                return
        elif expression is not None:
            await self._store()

    async def _store(self) -> None:
        stretch = self._watching.stretch
        if stretch is None or not (await asyncio.to_thread(self._desk.mind.settings)).remember_camera_moods:
            return
        entry = await asyncio.to_thread(self._desk.store.add_mood, stretch.mood, self._desk.now())
        if stretch.corrected is not None:
            await asyncio.to_thread(self._desk.store.correct_mood, entry.id, stretch.corrected)
        self._watching.stored(entry.id)

    def _mood_state(self, mine: Reading | None) -> MoodState | None:
        stretch = self._watching.stretch
        if stretch is not None:
            return _state_of(stretch.mood, stretch, mine.why_unclear if mine is not None else None)
        return _state_of(mine.mood, None, mine.why_unclear) if mine is not None else None


def _state_of(mood: Mood, stretch: Stretch | None, why_unclear: str | None) -> MoodState:
    return MoodState(
        expression=stretch.said if stretch is not None else None,
        confidence=mood.confidence,
        probabilities=named(mood.probabilities),
        valence=mood.affect.valence,
        arousal=mood.affect.arousal,
        corrected=stretch.corrected if stretch is not None else None,
        why_unclear=why_unclear,
        entry_id=stretch.entry_id if stretch is not None else None,
        settled=stretch is not None,
    )
