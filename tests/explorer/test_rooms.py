"""Voting rooms: one vote a browser and question, only the host turns them, bounded in every way, gone when their time is over."""

import threading

import pytest

from rdrec.core.settings import integer
from rdrec.explorer.rooms import (
    ALPHABET,
    CODE_LENGTH,
    Choice,
    NoSuchRoom,
    NotTheHost,
    RoomError,
    RoomFull,
    RoomQuestion,
    Rooms,
    TooLate,
)

QUESTION = RoomQuestion("Which?", tuple(Choice(key, f"title {key}") for key in "ABC"), "B", "It was B.")


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def rooms(clock):
    return Rooms(clock)


def asked(rooms, client="10.0.0.1"):
    code, key = rooms.open(client)
    rooms.ask(code, key, QUESTION)
    return code, key


def test_codes_can_be_read_aloud_and_keys_cannot_be_guessed(rooms):
    opened = [rooms.open(f"10.0.0.{n}") for n in range(20)]
    assert len({code for code, _ in opened}) == len({key for _, key in opened}) == 20
    assert all(len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) and len(key) >= 43 for code, key in opened)


def test_a_browser_counts_once_and_may_change_its_mind(rooms):
    code, _ = asked(rooms)
    ballot = rooms.ballot(code)
    assert rooms.vote(code, ballot, 1, "A").mine == "A"
    rooms.vote(code, ballot, 1, "A")  # pressed twice
    seen = rooms.vote(code, rooms.ballot(code, ballot), 1, "C")  # a second tab holds the same ballot
    assert dict(seen.counts) == {"C": 1} and seen.votes == 1
    other = rooms.ballot(code)
    assert other != ballot and rooms.vote(code, other, 1, "C").votes == 2


def test_a_ballot_that_this_room_did_not_sign_counts_nothing(rooms):
    code, _ = asked(rooms)
    elsewhere, _ = asked(rooms)
    ballot = rooms.ballot(code)
    for forged in (
        None,
        "",
        "x" * 65,
        ballot[:-1] + ("0" if ballot[-1] != "0" else "1"),
        "é" + ballot[1:],
        rooms.ballot(elsewhere),
    ):
        with pytest.raises(RoomError):
            rooms.vote(code, forged, 1, "A")
        assert rooms.ballot(code, forged) != forged, "a new one is given instead"
    assert rooms.look(code).votes == 0


@pytest.mark.parametrize("number", [0, 2, -1, "1", 1.0, True, None, 10**30])
def test_a_vote_names_the_question_that_is_open(rooms, number):
    code, _ = asked(rooms)
    with pytest.raises(TooLate):
        rooms.vote(code, rooms.ballot(code), number, "A")


@pytest.mark.parametrize("choice", ["D", "", "AB", None, 0, ["A"], {"A": 1}])
def test_a_vote_is_for_one_of_the_choices(rooms, choice):
    code, _ = asked(rooms)
    with pytest.raises(RoomError):
        rooms.vote(code, rooms.ballot(code), 1, choice)
    assert rooms.look(code).votes == 0


def test_only_the_key_turns_a_room(rooms):
    code, key = asked(rooms)
    _, foreign = asked(rooms)
    for wrong in ("", foreign, key[:-1], key + "x", None, 7, "é"):
        for act in (rooms.close, rooms.reopen, rooms.reveal, rooms.end, rooms.host_look, rooms.attach_screen):
            with pytest.raises(NotTheHost):
                act(code, wrong)
        with pytest.raises(NotTheHost):
            rooms.ask(code, wrong, QUESTION)
    assert rooms.look(code).phase == "open" and rooms.look(code).number == 1


def test_voting_closes_reopens_and_ends_with_the_answer(rooms):
    code, key = asked(rooms)
    ballot = rooms.ballot(code)
    rooms.vote(code, ballot, 1, "A")
    rooms.close(code, key)
    rooms.close(code, key)  # pressed twice
    with pytest.raises(TooLate):
        rooms.vote(code, ballot, 1, "B")
    rooms.reopen(code, key)
    rooms.vote(code, ballot, 1, "B")
    rooms.reveal(code, key)
    for late in (rooms.reopen, rooms.close):
        with pytest.raises(TooLate):
            late(code, key)
    with pytest.raises(TooLate):
        rooms.vote(code, ballot, 1, "C")
    assert dict(rooms.look(code, ballot).counts) == {"B": 1}


def test_a_new_question_forgets_the_votes_before_it(rooms):
    code, key = asked(rooms)
    ballot = rooms.ballot(code)
    rooms.vote(code, ballot, 1, "A")
    rooms.ask(code, key, QUESTION)
    seen = rooms.look(code, ballot)
    assert (seen.number, seen.votes, seen.mine, seen.phase) == (2, 0, None, "open")
    with pytest.raises(TooLate):
        rooms.vote(code, ballot, 1, "A")


def test_nothing_can_be_voted_on_before_a_question(rooms):
    code, key = rooms.open("a")
    assert rooms.look(code).phase == "waiting"
    with pytest.raises(TooLate):
        rooms.vote(code, rooms.ballot(code), 0, "A")
    for early in (rooms.close, rooms.reopen, rooms.reveal):
        with pytest.raises(TooLate):
            early(code, key)


def test_people_type_codes_as_they_like(rooms):
    code, _ = asked(rooms)
    assert rooms.look(f" {code[:3].lower()}-{code[3:]} ").code == code


@pytest.mark.parametrize("code", ["", "zzzzzz", "A" * 100_000, None, 7, ["x"], "../../etc", "\x00", "ÄÖÜ"])
def test_what_is_no_code_opens_no_room(rooms, code):
    asked(rooms)
    with pytest.raises(NoSuchRoom):
        rooms.look(code)


def test_a_room_ends_with_its_time_or_by_its_host(rooms, clock):
    code, key = asked(rooms)
    clock.now += 60 * integer("page.room_minutes") - 1
    assert rooms.look(code).left == pytest.approx(1)
    clock.now += 1
    for call in (lambda: rooms.look(code), lambda: rooms.host_look(code, key), lambda: rooms.ballot(code)):
        with pytest.raises(NoSuchRoom):
            call()
    assert rooms.drop_ended() == 0
    code, key = asked(rooms)
    rooms.end(code, key)
    with pytest.raises(NoSuchRoom):
        rooms.end(code, key)
    rooms.detach_screen(code, key)  # a screen that leaves after the end


def test_rooms_votes_and_screens_are_bounded(rooms, clock, monkeypatch):
    small = {"page.rooms": 4, "page.client_rooms": 2, "page.room_voters": 3, "page.room_screens": 1, "page.room_minutes": 1}
    monkeypatch.setattr("rdrec.explorer.rooms.integer", lambda name: small[name])
    code, key = asked(rooms, "a")
    rooms.open("a")
    with pytest.raises(RoomFull, match="2 rooms are already open from this network address"):
        rooms.open("a")
    rooms.open("b")
    rooms.open("c")
    with pytest.raises(RoomFull, match="4 rooms are already open on this page"):
        rooms.open("d")
    ballots = [rooms.ballot(code) for _ in range(4)]
    for ballot in ballots[:3]:
        rooms.vote(code, ballot, 1, "A")
    with pytest.raises(RoomFull):
        rooms.vote(code, ballots[3], 1, "A")
    assert rooms.vote(code, ballots[0], 1, "B").votes == 3, "who has voted may still change the vote"
    rooms.attach_screen(code, key)
    with pytest.raises(RoomFull):
        rooms.attach_screen(code, key)
    rooms.detach_screen(code, key)
    rooms.attach_screen(code, key)
    clock.now += 60
    assert rooms.open("a") and rooms.drop_ended() == 1, "ended rooms make place"


def test_votes_from_many_threads_are_all_counted(rooms):
    code, _ = asked(rooms)
    ballots = [rooms.ballot(code) for _ in range(200)]
    threads = [
        threading.Thread(
            target=lambda mine=ballots[n::8]: [rooms.vote(code, ballot, 1, "ABC"[len(ballot) % 3]) for ballot in mine]
        )
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rooms.look(code).votes == 200
