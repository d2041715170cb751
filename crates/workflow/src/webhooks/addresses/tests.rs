use std::{
    io::Write,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    process::{Command, Stdio},
};

use super::is_public;

#[test]
fn addresses_that_are_not_for_everybody_are_told() {
    for text in [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.31.255.255",
        "192.0.0.192",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ] {
        assert!(!is_public(text.parse().unwrap()), "{text} passed");
    }
    for text in [
        "1.1.1.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "169.253.255.255",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "192.169.0.0",
        "223.255.255.255",
        "2606:4700:4700::1111",
        "2a00:1450:4001::1",
    ] {
        assert!(is_public(text.parse().unwrap()), "{text} was refused");
    }
}

/// Python's own table is the judge: what it does not hold for global never passes.
#[test]
fn no_address_passes_that_python_does_not_hold_for_global() {
    let addresses = sample();
    let lines: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
    let script = "import ipaddress, sys\n\
                  for line in sys.stdin:\n    print(ipaddress.ip_address(line.strip()).is_global)";
    let Some(judged) = ask_python(script, &lines.join("\n")) else {
        println!("skipped: there is no python3");
        return;
    };
    let judged: Vec<bool> = judged.lines().map(|line| line == "True").collect();
    assert_eq!(judged.len(), addresses.len());
    for (address, is_global) in addresses.iter().zip(&judged) {
        assert!(*is_global || !is_public(*address), "{address} passed");
    }
    let passed = addresses.iter().filter(|address| is_public(**address));
    assert!(passed.count() > addresses.len() / 10);
}

/// Around every boundary of a /8 and a /16 of IPv4, and in every /16 of IPv6.
fn sample() -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for high in 0..=u16::MAX {
        let first = u32::from(high) << 16;
        for bits in [first, first | 0x0063_0001, first | 0xffff] {
            addresses.push(Ipv4Addr::from_bits(bits).into());
        }
        let first = u128::from(high) << 112;
        for rest in [1, 0xdb8 << 96 | 1, 0x7f00_0001 << 80] {
            addresses.push(Ipv6Addr::from_bits(first | rest).into());
        }
    }
    addresses
}

fn ask_python(script: &str, input: &str) -> Option<String> {
    let mut python = Command::new("python3")
        .args(["-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = python.stdin.take()?;
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap())
}
