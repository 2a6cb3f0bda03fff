"""Remembered answers: young ones only, and none that news has taken back."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from watchword.plumbing.remembered import Remembered


def test_an_answer_is_remembered_for_its_seconds() -> None:
    memory: Remembered[str] = Remembered(5, 10)
    memory.keep("cookie", "alice", ("session:1", "user:1"), 100, memory.turn)

    assert memory.recall("cookie", 105) == "alice"
    assert memory.recall("cookie", 105.1) is None


def test_news_of_any_id_it_depends_on_takes_it_back() -> None:
    for subject in ("session:1", "user:1", ""):
        memory: Remembered[str] = Remembered(5, 10)
        memory.keep("cookie", "alice", ("session:1", "user:1"), 100, memory.turn)
        memory.forget(subject)
        assert memory.recall("cookie", 100) is None


def test_an_answer_older_than_the_news_is_not_kept() -> None:
    memory: Remembered[str] = Remembered(5, 10)
    asked_in = memory.turn
    memory.forget("session:2")
    memory.keep("cookie", "alice", ("session:1",), 100, asked_in)

    assert memory.recall("cookie", 100) is None


class AgainstAPlainModel(RuleBasedStateMachine):
    """Whatever happens, it says what a dict and a list would, or nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.memory: Remembered[int] = Remembered(5, 4)
        self.model: dict[int, tuple[float, int, tuple[str, ...]]] = {}
        self.now = 0.0

    @rule(key=st.integers(0, 6), answer=st.integers(), ids=st.lists(st.sampled_from("abc")))
    def keep(self, key: int, answer: int, ids: list[str]) -> None:
        self.memory.keep(key, answer, tuple(ids), self.now, self.memory.turn)
        self.model[key] = (self.now + 5, answer, tuple(ids))

    @rule(subject=st.sampled_from(["a", "b", "c", ""]))
    def forget(self, subject: str) -> None:
        self.memory.forget(subject)
        self.model = {k: v for k, v in self.model.items() if subject and subject not in v[2]}

    @rule(seconds=st.floats(0, 3))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(key=st.integers(0, 6))
    def recall(self, key: int) -> None:
        said, held = self.memory.recall(key, self.now), self.model.get(key)
        if said is not None:
            assert held is not None
            assert held[0] >= self.now
            assert said == held[1]

    @invariant()
    def it_stays_small(self) -> None:
        assert len(self.memory._kept) <= 4
        known = {key for keys in self.memory._by_id.values() for key in keys}
        assert known <= set(self.memory._kept)


TestAgainstAPlainModel = AgainstAPlainModel.TestCase
TestAgainstAPlainModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
