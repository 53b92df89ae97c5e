"""Reads a C2SP tlog-tiles folder and checks it against its checkpoint, from the specification alone:
every tile from level 0 up, every entry bundle, the root. Usage: tiles_reader.py FOLDER SIZE"""
import base64
import hashlib
import os
import sys


def number(n):
    text = "%03d" % (n % 1000)
    n //= 1000
    while n:
        text = "x%03d/%s" % (n % 1000, text)
        n //= 1000
    return text


def path(kind, n, width):
    return "tile/%s/%s%s" % (kind, number(n), "" if width == 256 else ".p/%d" % width)


def sha(data):
    return hashlib.sha256(data).digest()


def root(hashes):
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha(b"\x01" + root(hashes[:k]) + root(hashes[k:]))


def main():
    folder, size = sys.argv[1], int(sys.argv[2])
    wanted = {"checkpoint"}

    def read(name):
        wanted.add(name)
        with open(os.path.join(folder, name), "rb") as f:
            return f.read()

    lines = read("checkpoint").decode().split("\n")
    assert int(lines[1]) == size and lines[3] == "" and lines[4].startswith("\u2014 " + lines[0] + " ")
    leaves = []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        data, at = read(path("entries", n, width)), 0
        for _ in range(width):
            length = int.from_bytes(data[at:at + 2], "big")
            leaves.append(sha(b"\x00" + data[at + 2:at + 2 + length]))
            at += 2 + length
        assert at == len(data)
    assert base64.b64encode(root(leaves)).decode() == lines[2]
    level, hashes = 0, leaves
    while hashes:
        for n in range((len(hashes) + 255) // 256):
            tile = hashes[256 * n:256 * n + 256]
            assert read(path(level, n, len(tile))) == b"".join(tile), (level, n)
        hashes = [root(hashes[i:i + 256]) for i in range(0, len(hashes) - 255, 256)]
        level += 1
    there = {os.path.relpath(os.path.join(d, f), folder) for d, _, fs in os.walk(folder) for f in fs}
    assert there == wanted, there ^ wanted


main()
