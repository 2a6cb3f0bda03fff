"""The door to security.txt."""

from starlette.responses import Response

from watchword.kernel.problems import NotFound
from watchword.operations.security_contact.rules import PATH, ContactSettings, security_txt
from watchword.plumbing.settings import OrganisationSettings, ServerSettings
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import get


async def tell(call: Call[None]) -> Response:
    """Tell where to report a weakness of this service."""
    contact = call.part(ContactSettings).security or call.part(OrganisationSettings).email
    if not contact:
        raise NotFound
    text = security_txt(contact, call.part(ServerSettings).public_url, call.now)
    return Response(text, media_type="text/plain")


doors = [get(PATH, tell, root=True, limits=(), problems=(NotFound,))]
