"""Internet addresses, as far as they tell one caller from another."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

_ADDRESSES_REMEMBERED_MAX = 10_000
_IPV6_NETWORK_BITS = 64


@lru_cache(_ADDRESSES_REMEMBERED_MAX)
def network_of(address: str) -> str | None:
    """Return what stands for one household or host: the address, or of IPv6 the network of 64 bits.

    None for what is no public address: behind one of those is a proxy, and everybody behind it would share a budget.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if not found.is_global:
        return None
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found.packed, _IPV6_NETWORK_BITS), strict=False))
    return str(found)
