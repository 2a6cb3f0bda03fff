"""Whose telephone it is, and whether there may be one."""

from typing import Final

from watchword.kernel.ports import Visitor
from watchword.kernel.problems import Kind, Problem


class NotDeveloping(Problem):
    """This is for development alone."""

    code = "not_developing"
    kind = Kind.FORBIDDEN


NOWHERE: Final = Visitor(
    address="", network="", user_agent="watchword dev", language="en", request_id=""
)
