//! Which addresses anybody may be sent to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address belongs to the public internet, by the registries of special-purpose addresses
/// (RFC 6890 and its updates) as of 2025.
///
/// Of IP version 6 only global unicast counts, `2000::/3`: so neither addresses that carry one of version 4
/// (mapped, `NAT64`, `6to4`, Teredo) nor unique-local or link-local ones do.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|block| block.holds(address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.holds(address) && !SPECIAL_V6.iter().any(|block| block.holds(address))
        }
    }
}

/// A network: its first address, and how many bits of it count.
struct Block<A>(A, u32);

impl Block<Ipv4Addr> {
    fn holds(&self, address: Ipv4Addr) -> bool {
        let differs = address.to_bits() ^ self.0.to_bits();
        differs.leading_zeros() >= self.1
    }
}

impl Block<Ipv6Addr> {
    fn holds(&self, address: Ipv6Addr) -> bool {
        let differs = address.to_bits() ^ self.0.to_bits();
        differs.leading_zeros() >= self.1
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32) -> Block<Ipv4Addr> {
    Block(Ipv4Addr::new(a, b, c, d), bits)
}

const fn v6(a: u16, b: u16, bits: u32) -> Block<Ipv6Addr> {
    Block(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), bits)
}

const SPECIAL_V4: [Block<Ipv4Addr>; 17] = [
    // This network, private networks, carriers' shared space, loopback, link-local.
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
    // Protocol assignments, documentation, benchmarks, relays of 6to4.
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    // Multicast, reserved, broadcast.
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
    v4(255, 255, 255, 255, 32),
    // A public address by its number, but each machine in Azure reaches its own host under it.
    v4(168, 63, 129, 16, 32),
];

const GLOBAL_V6: Block<Ipv6Addr> = v6(0x2000, 0, 3);

const SPECIAL_V6: [Block<Ipv6Addr>; 4] = [
    // Protocol assignments with Teredo and ORCHID, documentation, 6to4.
    v6(0x2001, 0, 23),
    v6(0x2001, 0xdb8, 32),
    v6(0x2002, 0, 16),
    v6(0x3fff, 0, 20),
];

#[cfg(test)]
mod tests;
