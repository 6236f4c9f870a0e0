"""Amazon's retail domains with their regions, ids and cookie names."""

from dataclasses import dataclass
from typing import Literal

type Region = Literal["na", "eu", "fe"]

_AWS = {"na": "us-east-1", "eu": "eu-west-1", "fe": "us-west-2"}


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One retail domain.

    ``suffix`` is the end of its cookie names (``at-main``, ``at-acbde``). ``region`` serves the Echos of its customers.
    ``id`` is Amazon's ``marketPlaceId``.
    """

    domain: str
    region: Region
    suffix: str
    id: str
    country: str
    locale: str
    time_zone: str
    metric: bool = True

    @property
    def website_api(self) -> str:
        """Return Amazon's ``websiteApiUrl``."""
        return f"https://{self.region}-api-alexa.{self.domain}"

    @property
    def alexa_api(self) -> str:
        """Return Amazon's ``alexaApiUrl``; the one of North America has no region in its name."""
        return "https://api.amazonalexa.com" if self.region == "na" else f"https://api.{self.region}.amazonalexa.com"

    @property
    def aws_region(self) -> str:
        """Return the AWS region of the marketplace."""
        return _AWS[self.region]


MARKETPLACES = {
    marketplace.domain: marketplace
    for marketplace in (
        Marketplace("amazon.com", "na", "main", "ATVPDKIKX0DER", "US", "en-US", "America/Los_Angeles", metric=False),
        Marketplace("amazon.co.uk", "eu", "acbuk", "A1F83G8C2ARO7P", "GB", "en-GB", "Europe/London"),
        Marketplace("amazon.de", "eu", "acbde", "A1PA6795UKMFR9", "DE", "de-DE", "Europe/Berlin"),
        Marketplace("amazon.fr", "eu", "acbfr", "A13V1IB3VIYZZH", "FR", "fr-FR", "Europe/Paris"),
        Marketplace("amazon.it", "eu", "acbit", "APJ6JRA9NG5V4", "IT", "it-IT", "Europe/Rome"),
        Marketplace("amazon.es", "eu", "acbes", "A1RKKUPIHCS9HS", "ES", "es-ES", "Europe/Madrid"),
        Marketplace("amazon.com.au", "fe", "acbau", "A39IBJ37TRP1C6", "AU", "en-AU", "Australia/Sydney"),
        Marketplace("amazon.co.jp", "fe", "acbjp", "A1VC38T7YXB528", "JP", "ja-JP", "Asia/Tokyo"),
        Marketplace("amazon.com.br", "na", "acbbr", "A2Q3Y263D00KWC", "BR", "pt-BR", "America/Sao_Paulo"),
        Marketplace("amazon.ca", "na", "acbca", "A2EUQ1WTGCTBG2", "CA", "en-CA", "America/Toronto"),
        Marketplace("amazon.com.mx", "na", "acbmx", "A1AM78C64UM0Y8", "MX", "es-MX", "America/Mexico_City"),
        Marketplace("amazon.in", "fe", "acbin", "A21TJRUUN4KGV", "IN", "en-IN", "Asia/Kolkata"),
        Marketplace("amazon.nl", "eu", "acbnl", "A1805IZSGTT6HS", "NL", "nl-NL", "Europe/Amsterdam"),
        Marketplace("amazon.se", "eu", "acbse", "A2NODRKZP88ZB9", "SE", "sv-SE", "Europe/Stockholm"),
        Marketplace("amazon.pl", "eu", "acbpl", "A1C3SOZRARQ6R3", "PL", "pl-PL", "Europe/Warsaw"),
        Marketplace("amazon.com.tr", "eu", "acbtr", "A33AVAJ2PDY3EV", "TR", "tr-TR", "Europe/Istanbul"),
        Marketplace("amazon.ae", "eu", "acbae", "A2VIGQ35RCS4UG", "AE", "en-AE", "Asia/Dubai"),
        Marketplace("amazon.sa", "eu", "acbsa", "A17E79C6D8DWNP", "SA", "ar-SA", "Asia/Riyadh"),
        Marketplace("amazon.eg", "eu", "acbeg", "ARBP9OOSHTCHU", "EG", "ar-EG", "Africa/Cairo"),
        Marketplace("amazon.sg", "fe", "acbsg", "A19VAU5U5O7RUS", "SG", "en-SG", "Asia/Singapore"),
        Marketplace("amazon.com.be", "eu", "acbbe", "AMEN7PMS3EDWL", "BE", "fr-BE", "Europe/Brussels"),
        Marketplace("amazon.ie", "eu", "acbie", "A28R8C7NBKEWEA", "IE", "en-IE", "Europe/Dublin"),
        Marketplace("amazon.co.za", "eu", "acbza", "AE08WJ6YKNBMC", "ZA", "en-ZA", "Africa/Johannesburg"),
    )
}
"""Marketplaces by retail domain."""
