"""A clinic's domain as it should be: settings of four providers, and the zone that they want."""

from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def public_key(bits: int = 2048) -> str:
    """Return a fresh public key, as DKIM writes it."""
    key = rsa.generate_private_key(65537, bits).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


KEY = public_key()
_HALVES = f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"'

SETTINGS = {
    "EMAIL_FROM": "Clinic <noreply@nova-rdv.dz>",
    "SMTP_HOST": "relay.nova-rdv.dz",
    "SMTP_USER": "clinic",
    "SMTP_PASSWORD": "of-the-relay",
    "SENDGRID_DNS_ACCOUNT": "u12345",
    "SENDGRID_DNS_HOST": "em1234",
    "SES_DKIM_TOKENS": "tok1,tok2,tok3",
    "MAILGUN_DKIM_KEY": KEY,
    "DNS_TIMEOUT": "30s",
}
OPTIONS = [
    *("--provider", "sendgrid", "--provider", "mailgun", "--provider", "ses", "--provider", "smtp"),
    *("--ses-region", "eu-west-1"),
]

SPF = (
    "v=spf1 include:sendgrid.net include:mailgun.org include:amazonses.com a:relay.nova-rdv.dz -all"
)
ZONE = f"""
nova-rdv.dz.                  TXT "{SPF}"
nova-rdv.dz.                  TXT "some-site-verification=1"
nova-rdv.dz.                  MX 10 mail.nova-rdv.dz.
relay.nova-rdv.dz.            A 192.0.2.10
em1234.nova-rdv.dz.           CNAME u12345.wl.sendgrid.net.
s1._domainkey.nova-rdv.dz.    CNAME s1.domainkey.u12345.wl.sendgrid.net.
s2._domainkey.nova-rdv.dz.    CNAME S2.DomainKey.u12345.wl.SendGrid.net.
mg.nova-rdv.dz.               TXT "v=spf1 include:mailgun.org ~all"
k1._domainkey.mg.nova-rdv.dz. TXT {_HALVES}
tok1._domainkey.nova-rdv.dz.  CNAME tok1.dkim.amazonses.com.
tok2._domainkey.nova-rdv.dz.  CNAME tok2.dkim.amazonses.com.
tok3._domainkey.nova-rdv.dz.  CNAME tok3.dkim.amazonses.com.
bounce.nova-rdv.dz.           MX 10 feedback-smtp.eu-west-1.amazonses.com.
bounce.nova-rdv.dz.           TXT "v=spf1 include:amazonses.com ~all"
_dmarc.nova-rdv.dz.           TXT "v=DMARC1; p=none; rua=mailto:dmarc@nova-rdv.dz"

u12345.wl.sendgrid.net.               A 192.0.2.20
s1.domainkey.u12345.wl.sendgrid.net.  TXT {_HALVES}
s2.domainkey.u12345.wl.sendgrid.net.  TXT {_HALVES}
sendgrid.net.                         TXT "v=spf1 ip4:192.0.2.20 include:ab.sendgrid.net ~all"
ab.sendgrid.net.                      TXT "v=spf1 ip4:192.0.2.21 ~all"
mailgun.org.                          TXT "v=spf1 include:_spf.mailgun.org ~all"
_spf.mailgun.org.                     TXT "v=spf1 ip4:192.0.2.30 ~all"
amazonses.com.                        TXT "v=spf1 ip4:192.0.2.40 -all"
tok1.dkim.amazonses.com.              TXT {_HALVES}
tok2.dkim.amazonses.com.              TXT {_HALVES}
tok3.dkim.amazonses.com.              TXT {_HALVES}
"""
