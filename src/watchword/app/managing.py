"""Managing: who keeps secrets for us, as the settings say."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from watchword.kernel.addresses import is_loopback
from watchword.kernel.clock import SystemClock
from watchword.kernel.managers import ManagerTrouble, SecretManager
from watchword.kernel.secret import Secret
from watchword.plumbing.settings import AwsSettings, ManagerSettings, RoleSettings
from watchword.plumbing.settings.managers import AWS, FILES, VAULT

if TYPE_CHECKING:
    from watchword.adapters.aws.sigv4 import AwsKey


def manager_of(
    provider: str,
    settings: ManagerSettings,
    aws: AwsSettings,
    role: RoleSettings,
    cwd: Path,
    *,
    strict: bool,
) -> SecretManager:
    """Return who keeps secrets; where it is `strict`, nobody is asked by plain http beyond this machine.

    Problem: `ManagerTrouble`, where something is missing for that.
    """
    for address in (settings.vault_address, settings.aws_url, role.sts_url):
        parts = urlsplit(address)
        if strict and parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ManagerTrouble(f"{address} is plain http: use https")
    if provider == FILES:
        from watchword.adapters.secrets.files import FileSecrets

        return FileSecrets(cwd)
    if provider == VAULT:
        return _vault(settings, cwd)
    if provider == AWS:
        return _aws(settings, aws, role, cwd)
    raise ManagerTrouble("no manager of secrets is named: set SECRETS_PROVIDER")


def _vault(settings: ManagerSettings, cwd: Path) -> SecretManager:
    from watchword.adapters.secrets.vault import VaultLogin, VaultSecrets

    if not settings.vault_address:
        raise ManagerTrouble("VAULT_ADDR is missing: say where Vault is")
    login = VaultLogin(
        token=settings.vault_token,
        role_id=settings.vault_role_id,
        secret_id=settings.vault_secret_id,
        role=settings.vault_role,
        pod_token=_pod_token(settings, cwd),
        mount=settings.vault_login_mount,
    )
    ca_path = str(cwd / settings.vault_ca_path) if settings.vault_ca_path else ""
    return VaultSecrets(
        settings.vault_address, login, namespace=settings.vault_namespace, ca_path=ca_path
    )


def _pod_token(settings: ManagerSettings, cwd: Path) -> Secret:
    if not settings.vault_role or settings.vault_token or settings.vault_role_id:
        return Secret("")
    try:
        return Secret((cwd / settings.vault_jwt_path).read_text("utf-8").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise ManagerTrouble(
            f"VAULT_ROLE wants the pod's token, and {settings.vault_jwt_path} cannot be read"
        ) from error


def _aws(
    settings: ManagerSettings, aws: AwsSettings, role: RoleSettings, cwd: Path
) -> SecretManager:
    from watchword.adapters.secrets.aws import AwsSecrets

    url = settings.aws_url or f"https://secretsmanager.{aws.region}.amazonaws.com"
    return AwsSecrets(url, aws.region, lambda: _aws_key(aws, role, cwd), SystemClock())


def _aws_key(aws: AwsSettings, role: RoleSettings, cwd: Path) -> "AwsKey":
    """Return the key among the settings; without one, what the role of this machine gives."""
    from watchword.adapters.aws.sigv4 import AwsKey
    from watchword.adapters.secrets.roles import Role

    if aws.key_id and aws.key:
        return AwsKey(id=aws.key_id, secret=aws.key, session=aws.session)
    if aws.key_id or aws.key:
        raise ManagerTrouble(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together: one is missing"
        )
    here = Role(
        arn=role.arn,
        identity=_from(cwd, role.identity),
        session=role.session,
        sts_url=role.sts_url or f"https://sts.{aws.region}.amazonaws.com",
        agent_path=role.agent_path,
        agent_url=role.agent_url,
        agent_token=_from(cwd, role.agent_token),
        metadata_url="" if role.no_metadata else role.metadata_url,
    )
    return here.key()


def _from(cwd: Path, token: Secret | Path) -> Secret | Path:
    return cwd / token if isinstance(token, Path) else token
