"""Checks pricing packs by the pack format alone: standard library, nothing of Tallystick.

Reads JSON lines: a pack's rows in any order (decimals need not be canonical), then any inclusion
proofs; an empty line ends a pack. Prints a line a pack: its hash, and of each proof if it holds.
"""
import hashlib, json, sys

DECIMALS = {"close", "open", "high", "low", "volume", "rate"}
sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

def canonical(text):
    whole, _, fraction = text.lstrip("-").partition(".")
    number = (whole.lstrip("0") or "0") + ("." + fraction).rstrip("0").rstrip(".")
    return "-" + number if text.startswith("-") and number != "0" else number

def leaf(row):
    row = {name: canonical(value) if name in DECIMALS else value for name, value in row.items()}
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def tree_hash(leaves):
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\1", tree_hash(leaves[:split]), tree_hash(leaves[split:]))

def root(index, size, leaf, path):
    if size == 1:
        return sha256(b"\0", leaf)
    split, sibling = 1 << (size - 1).bit_length() - 1, bytes.fromhex(path[-1])
    if index < split:
        return sha256(b"\1", root(index, split, leaf, path[:-1]), sibling)
    return sha256(b"\1", sibling, root(index - split, size - split, leaf, path[:-1]))

for pack in sys.stdin.buffer.read().decode().rstrip("\n").split("\n\n"):
    lines = [json.loads(line) for line in pack.split("\n")]
    leaves = lambda *kinds: sorted(leaf(x) for x in lines if x.get("kind") in kinds)
    top = tree_hash(leaves("pack") + leaves("price", "fx"))
    proved = [root(x["leaf_index"], x["tree_size"], x["leaf"].encode(), x["audit_path"])
              for x in lines if "leaf" in x]
    print("sha256:" + top.hex(), *[one == top for one in proved])
