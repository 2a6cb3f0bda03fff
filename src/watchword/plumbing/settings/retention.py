"""How long data stay: what retention lets go, and the privacy policy tells."""

from watchword.kernel.cron import Cron, cron
from watchword.kernel.parsing import whole
from watchword.kernel.parts import section, setting


@section
class RetentionSettings:
    """Retention."""

    accounts: int = setting(
        "RETENTION_ACCOUNT_YEARS",
        "Years after which an account that nobody used or changed is erased; 0 is never.",
        parse=whole(0, 100),
        default="0",
    )
    navigation: int = setting(
        "RETENTION_NAVIGATION_MONTHS",
        "Months after which facts no longer say from which address and program they came.",
        parse=whole(1, 120),
        default="13",
    )
    consents: int = setting(
        "RETENTION_CONSENT_YEARS",
        "Years that a consent is remembered after it was withdrawn.",
        parse=whole(1, 100),
        default="3",
    )
    times: Cron = setting(
        "RETENTION_CRON",
        "When what was kept long enough goes: minute, hour, day, month and day of the week, in UTC.",
        parse=cron,
        default="30 3 * * *",
    )
