"""The ports between slices are told at the head of their module, each once."""

import inspect
import re
from typing import Protocol

from watchword.plumbing import ports


def filled() -> set[str]:
    """Return the names of the ports; a shape of an account's row is asked for nothing."""
    here = vars(ports).values()
    kinds = [each for each in here if inspect.isclass(each) and each.__module__ == ports.__name__]
    shapes = [each for each in kinds if Protocol in each.__mro__]
    return {each.__name__ for each in shapes if ports.Account not in each.__mro__}


def test_the_head_of_the_module_names_each_port_once() -> None:
    lines = [line for line in (ports.__doc__ or "").splitlines() if line.startswith("    ")]
    told = [name for line in lines for name in re.split(r" {3,}", line.strip())[0].split()]
    assert sorted(told) == sorted(filled())
