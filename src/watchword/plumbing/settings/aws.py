"""Who we are at AWS: by a key of ours, or by the role of this machine, task or pod.

Names and places are those that AWS and its tools put into the environment.
"""

import re
from pathlib import Path

from watchword.kernel.parsing import boolean
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import full_web_address, web_address

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


def _region(text: str) -> str:
    told = text.strip()
    if told and not _REGION.fullmatch(told):
        message = "write a region such as eu-west-1"
        raise ValueError(message)
    return told


@section
class AwsSettings:
    """AWS: our region and our key."""

    region: str = setting(
        "AWS_REGION",
        "The region of letters (SES), of backups and the audit archive (S3), and of secrets (Secrets"
        " Manager).",
        parse=_region,
        default="us-east-1",
    )
    key_id: str = setting(
        "AWS_ACCESS_KEY_ID",
        "Our key of AWS, for the same; only secrets can also be read by a role, without one.",
        default="",
    )
    key: Secret = setting(
        "AWS_SECRET_ACCESS_KEY", "The secret of that key.", parse=Secret, default="", secret=True
    )
    session: Secret = setting(
        "AWS_SESSION_TOKEN",
        "The token of a temporary key.",
        parse=Secret,
        default="",
        secret=True,
    )


@section
class RoleSettings:
    """The role at AWS, where there is no key; AWS sets these by itself.

    It does so for whoever runs there: a token in a file waits until the role is asked for.
    """

    arn: str = setting("AWS_ROLE_ARN", "The role of a pod, for AWS_WEB_IDENTITY_TOKEN.", default="")
    identity: Secret | Path = setting(
        "AWS_WEB_IDENTITY_TOKEN",
        "The pod's own token, which STS exchanges; EKS sets AWS_WEB_IDENTITY_TOKEN_FILE, which is read when"
        " the role is asked for.",
        parse=Secret,
        default="",
        secret=True,
        late=True,
    )
    session: str = setting(
        "AWS_ROLE_SESSION_NAME", "What CloudTrail calls us in that role.", default="watchword"
    )
    sts_url: str = setting(
        "AWS_ENDPOINT_URL_STS",
        "Where STS is; empty is where AWS has it in AWS_REGION.",
        parse=web_address,
        default="",
    )
    agent_path: str = setting(
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "Where the agent of ECS tells the role's credentials.",
        default="",
    )
    agent_url: str = setting(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "The same as a whole address, such as that of EKS Pod Identity.",
        parse=full_web_address,
        default="",
    )
    agent_token: Secret | Path = setting(
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "What that address wants to be shown; EKS sets AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, which is read"
        " when the role is asked for.",
        parse=Secret,
        default="",
        secret=True,
        late=True,
    )
    metadata_url: str = setting(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
        "Where a machine of EC2 finds its role.",
        parse=web_address,
        default="http://169.254.169.254",
    )
    no_metadata: bool = setting(
        "AWS_EC2_METADATA_DISABLED",
        "Ask no machine's metadata for a role.",
        parse=boolean,
        default="false",
    )
