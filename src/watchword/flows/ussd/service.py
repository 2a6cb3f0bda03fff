"""The menu: find the place, do the deed, keep and show the answer."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Final

import msgspec

from watchword.flows.ussd.rules import (
    Deed,
    Place,
    State,
    Step,
    Turn,
    UssdSettings,
    opening,
    over,
    place,
    refused,
    shown_name,
    spoken,
    turn,
)
from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Problem
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import described
from watchword.plumbing.db.ports import Database
from watchword.plumbing.ports import PinRecovery
from watchword.plumbing.settings import ServerSettings, TextCarrying
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.ussd.gateway import Dialled
from watchword.plumbing.ussd.gsm import fit
from watchword.plumbing.words.languages import Words, choose_language
from watchword.records.pins.service import Pins
from watchword.records.ussd_sessions.service import UssdSessions

_OUR_SERVICE: Final = "ussd.our_service"  # where the name cannot be shown
_LOOKS: Final = 40
_BETWEEN_LOOKS: Final = 0.05  # two seconds together: gateways wait longer than that
_read = msgspec.json.Decoder(State).decode


@service
class UssdMenu:
    """Answers whoever dialled."""

    database: Database
    sessions: UssdSessions
    recovery: PinRecovery
    pins: Pins
    words: Words
    organisation: Organisation
    server: ServerSettings
    texts: TextCarrying
    settings: UssdSettings
    clock: Clock

    async def answer(self, dialled: Dialled, visitor: Visitor) -> str:
        """Return what the telephone shows: `CON` and a screen, or `END` and the last one."""
        now = self.clock.now()
        key = self.sessions.key(dialled.session_id, dialled.number, dialled.service_code)
        kept = await self.sessions.find(self.database, key, now)
        begun = self._begun(dialled)
        where = place(dialled, kept, lambda typed: self.sessions.digest(key, typed))
        if where is Place.FIRST and await self.sessions.begin(
            self.database, key, msgspec.json.encode(begun), now
        ):
            return self._screen(begun)
        if (
            kept is None
            or kept.state is None
            or where is not Place.NEXT
            or not await self.sessions.claim(self.database, key, kept, dialled.typed, now)
        ):
            said = await self._said_to_another(key, dialled, now)
            heard = _read(kept.state) if kept and kept.state else begun  # for its language
            return self._screen(said or over(heard, "astray"))
        told = await self._told(_read(kept.state), dialled, visitor, now)
        consumed = kept.consumed + 1
        await self.sessions.answer(self.database, key, consumed, msgspec.json.encode(told))
        return self._screen(told)

    async def _said_to_another(self, key: bytes, dialled: Dialled, now: datetime) -> State | None:
        """Return what the same input was answered, or is by a call that is under way; else nothing."""
        for _ in range(_LOOKS):
            kept = await self.sessions.find(self.database, key, now)
            where = place(dialled, kept, lambda typed: self.sessions.digest(key, typed))
            if kept is None or where is not Place.SAME:
                return None
            if kept.state is not None:
                return _read(kept.state)
            await asyncio.sleep(_BETWEEN_LOOKS)
        return None

    def _begun(self, dialled: Dialled) -> State:
        """Return where a session begins: in the language of the number's country."""
        country = described(dialled.number).country
        return opening(choose_language(country=country, default=self.server.default_language))

    async def _told(self, state: State, dialled: Dialled, visitor: Visitor, now: datetime) -> State:
        """Do what the input asks for; what is refused has a screen of its own."""
        *earlier, typed = dialled.inputs
        wanted = turn(state, typed, earlier[-1] if earlier else "")
        language = wanted.state.language
        asked = language if wanted.state.chosen else None
        caller = replace(visitor, language=language, asked_language=asked)
        try:
            return await self._done(wanted, dialled.number, typed, caller, now)
        except Problem as problem:
            return refused(state, problem)

    async def _done(
        self, wanted: Turn, number: str, typed: str, caller: Visitor, now: datetime
    ) -> State:
        """Do the deed of a turn. Problems: whatever refuses it."""
        state, deed = wanted.state, wanted.deed
        if deed is Deed.TEXT_CODE and not self.texts.leaves:
            return replace(state, step=Step.MENU, screen="no_texts")
        if deed in {Deed.TEXT_CODE, Deed.MAIL_CODE}:
            by_letter = deed is Deed.MAIL_CODE
            await self.recovery.ask_from(number, caller, by_letter=by_letter)
        elif deed is Deed.PROVE:
            grant = await self.recovery.prove_from(number, Secret(typed), caller)
            return replace(state, grant=grant.reveal())
        elif deed is Deed.SCREEN:
            self.pins.screen(self.pins.read(Secret(typed)), now, number)
        elif deed is Deed.CHOOSE:
            await self.recovery.confirm(Secret(wanted.grant), Secret(typed), caller)
        return state

    def _screen(self, state: State) -> str:
        """Write a screen in its language."""
        language = spoken(state.language, ucs2=self.settings.ucs2)
        name = shown_name(self.organisation.name, language)
        length = self.pins.settings.length
        org = name or self.words.say(language, _OUR_SERVICE)
        text = self.words.say(language, f"ussd.{state.screen}", org=org, length=length)
        text = text if name else text[:1].upper() + text[1:]
        word = "END" if state.step is Step.OVER else "CON"
        return fit(f"{word} {text}", ucs2=self.settings.ucs2)
