"""Checks pricing packs by docs/pack-format.md alone:  python3 check_pack.py [HASH] < export.ndjson

Reads a pack's rows, one a line in any order, then any inclusion proofs; an empty line ends a pack.
Prints its hash, and of each proof if it holds. Fails if one does not, or the hash is not HASH."""
import hashlib, json, sys
DECIMALS = {"close", "open", "high", "low", "volume", "rate"}
sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
half = lambda size: 1 << (size - 1).bit_length() - 1

def canonical(text):
    whole, _, fraction = text.lstrip("-").partition(".")
    number = (whole.lstrip("0") or "0") + ("." + fraction).rstrip("0").rstrip(".")
    return "-" + number if text.startswith("-") and number != "0" else number

def leaf(row):
    row = {name: canonical(value) if name in DECIMALS else value for name, value in row.items()}
    return json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

def root(leaves):
    if len(leaves) == 1:
        return sha256(b"\0", leaves[0])
    return sha256(b"\1", root(leaves[:half(len(leaves))]), root(leaves[half(len(leaves)):]))

def proved(index, size, leaf, path):
    if size == 1:
        return sha256(b"\0", leaf)
    split, sibling = half(size), bytes.fromhex(path[-1])
    if index < split:
        return sha256(b"\1", proved(index, split, leaf, path[:-1]), sibling)
    return sha256(b"\1", sibling, proved(index - split, size - split, leaf, path[:-1]))

for pack in sys.stdin.buffer.read().decode().rstrip("\n").split("\n\n"):
    lines = [json.loads(line) for line in pack.split("\n")]
    rows = lambda *kinds: sorted(leaf(x) for x in lines if x.get("kind") in kinds)
    top = root(rows("pack") + rows("price", "fx"))
    held = [proved(x["leaf_index"], x["tree_size"], x["leaf"].encode(), x["audit_path"]) == top for x in lines if "leaf" in x]
    print("sha256:" + top.hex(), *held)
    if not all(held) or sys.argv[1:] not in ([], ["sha256:" + top.hex()]):
        sys.exit("this is not the pack, or a proof does not hold")
