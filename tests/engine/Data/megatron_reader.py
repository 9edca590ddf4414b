"""Reads a shard as the layout of Megatron-LM's indexed_dataset.py says, and prints its documents as JSON.

Little-endian: b"MMIDIDX\\0\\0", u64 version 1, u8 code of the token type, u64 number of sequences, u64 number of document bounds, i32 length of
each sequence in tokens, i64 byte offset of each sequence, i64 document bounds; nothing follows.
"""
import json
import struct
import sys

TYPES = {1: "B", 2: "b", 3: "h", 4: "i", 5: "q", 8: "H"}

with open(sys.argv[1] + ".idx", "rb") as file:
    index = file.read()
with open(sys.argv[1] + ".bin", "rb") as file:
    tokens = file.read()
assert index[:9] == b"MMIDIDX\0\0", "magic"
version, code, sequences, bounds = struct.unpack_from("<QBQQ", index, 9)
assert version == 1, "version"
size = struct.calcsize("<" + TYPES[code])
place = 34
lengths = struct.unpack_from(f"<{sequences}i", index, place)
place += 4 * sequences
offsets = struct.unpack_from(f"<{sequences}q", index, place)
place += 8 * sequences
documents = struct.unpack_from(f"<{bounds}q", index, place)
place += 8 * bounds
assert place == len(index), "bytes behind the index"
assert documents[0] == 0 and documents[-1] == sequences, "document bounds"
assert sum(lengths) * size == len(tokens), "length of the tokens"
print(json.dumps([
    [token for i in range(first, end) for token in struct.unpack_from(f"<{lengths[i]}{TYPES[code]}", tokens, offsets[i])]
    for first, end in zip(documents, documents[1:])
]))
