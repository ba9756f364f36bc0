"""What holds of a pass that its buyer gives back to the organiser, who sells it again for what it cost."""

from dataclasses import replace

from core.resale.policies.policy import Channel, PolicyChain, ResalePolicy


def chain_of(channel: Channel, chain: PolicyChain) -> PolicyChain:
    """Return what the organiser's policies say about this channel.

    What limits holders who sell for themselves does not hold for a return, since the organiser sells at its own price:
    neither a ban, nor prices, nor who is verified, nor how often a pass changes hands, of which a return is none. Left
    are the channels, the cutoffs, and whether a pass names its holder. Returns bear no fees.
    """
    return tuple(_of_returns(policy) for policy in chain) if channel is Channel.RETURN else chain


def _of_returns(policy: ResalePolicy) -> ResalePolicy:
    return replace(
        policy,
        allowed=None,
        multiplier_basis_points=None,
        price_max=None,
        price_min=None,
        transfers_max=None,
        verifications=frozenset(),
        platform_fee_basis_points=None,
        royalty_basis_points=None,
    )
