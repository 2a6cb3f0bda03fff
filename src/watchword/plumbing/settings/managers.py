"""The manager of secrets: who keeps them, where, and how we prove to it who we are.

It is asked once, at the start, after the environment, `.env` and SECRETS_DIR; so these settings cannot
come from it themselves.
"""

from watchword.kernel.parsing import choice
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.parsers import web_address

FILES, VAULT, AWS = "files", "vault", "aws"
PROVIDERS = (FILES, VAULT, AWS)


@section
class ManagerSettings:
    """The manager of secrets."""

    provider: str = setting(
        "SECRETS_PROVIDER",
        "Who keeps secrets: files (a folder), vault (HashiCorp Vault, KV version 2) or aws (AWS Secrets"
        " Manager); empty is nobody.",
        parse=choice("", *PROVIDERS),
        default="",
    )
    path: str = setting(
        "SECRETS_PATH",
        "Where it keeps ours: a folder; Vault's mount and what follows; what the names at AWS begin with."
        " With a slash at its end, all below; else that one secret.",
        default="auth/",
    )
    aws_url: str = setting(
        "AWS_SECRETS_URL",
        "Where AWS Secrets Manager is; empty is where AWS has it in AWS_REGION.",
        parse=web_address,
        default="",
    )
    vault_address: str = setting(
        "VAULT_ADDR",
        "Where Vault is, such as https://vault.example.org:8200.",
        parse=web_address,
        default="",
    )
    vault_token: Secret = setting(
        "VAULT_TOKEN", "Our token there, if we have one.", parse=Secret, default="", secret=True
    )
    vault_namespace: str = setting("VAULT_NAMESPACE", "Our namespace there.", default="")
    vault_ca_path: str = setting(
        "VAULT_CACERT", "Who signed its certificate (PEM); empty is the system's list.", default=""
    )
    vault_role_id: str = setting("VAULT_ROLE_ID", "Our role for AppRole.", default="")
    vault_secret_id: Secret = setting(
        "VAULT_SECRET_ID", "The secret of that role.", parse=Secret, default="", secret=True
    )
    vault_role: str = setting("VAULT_ROLE", "Our role for a Kubernetes pod.", default="")
    vault_jwt_path: str = setting(
        "VAULT_JWT_PATH",
        "The pod's own token, for VAULT_ROLE.",
        default="/var/run/secrets/kubernetes.io/serviceaccount/token",
    )
    vault_login_mount: str = setting(
        "VAULT_LOGIN_MOUNT",
        "Where AppRole or Kubernetes is enabled there; empty is its usual place.",
        default="",
    )
