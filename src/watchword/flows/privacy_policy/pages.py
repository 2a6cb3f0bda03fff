"""The page."""

from typing import Any

from starlette.responses import Response

from watchword.flows.privacy_policy.rules import PrivacySettings, audience_of
from watchword.kernel.identity import IdentityProviders
from watchword.plumbing.settings import OrganisationSettings, RetentionSettings, ServerSettings
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import page_get
from watchword.plumbing.words.dates import span_in_words


async def show(call: Call[Any]) -> Response:
    """Show what is done with people's data."""
    times, language = call.part(RetentionSettings), call.language
    whose, contacts = call.part(OrganisationSettings), call.part(PrivacySettings)
    return call.page(
        "privacy_policy/privacy.html",
        audience=audience_of(call.part(ServerSettings).profile),
        years=span_in_words(times.accounts, "year", language) if times.accounts else "",
        months=span_in_words(times.navigation, "month", language),
        consents=span_in_words(times.consents, "year", language),
        address=whose.address,
        email=contacts.privacy_email or whose.email,
        officer=contacts.officer_email,
        phone=contacts.officer_phone or whose.phone,
        providers=[each.title for each in call.part(IdentityProviders).each],
    )


doors = [page_get("/privacy", show)]
