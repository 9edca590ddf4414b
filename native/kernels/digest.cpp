#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

// 32 lanes of 64 bits. Each step of a lane is a bijection of the lane for a given word and of the word for a given
// lane, and so is each step of the fold: no change of one word goes unnoticed. Little-endian words; the tail is padded
// with zeros and the length is part of the digest. Not cryptographic.
uint64_t digest(const void* bytes, int64_t count, uint64_t seed) {
    typedef uint64_t u8 __attribute__((vector_size(64)));
    constexpr uint64_t prime = 0x9e3779b185ebca87, other = 0xc2b2ae3d27d4eb4f;
    constexpr int64_t block = 4 * sizeof(u8);
    const u8 step = {0, 1, 2, 3, 4, 5, 6, 7};
    u8 lane[4];
    for (uint64_t k = 0; k < 4; ++k) lane[k] = (step + (8 * k + 1)) * prime ^ seed;
    const char* at = static_cast<const char*>(bytes);
    auto mix = [&](const char* p) {
        for (int k = 0; k < 4; ++k) {
            u8 word;
            std::memcpy(&word, p + k * sizeof(u8), sizeof(word));
            lane[k] = (lane[k] ^ word) * prime;
            lane[k] ^= lane[k] >> 32;
        }
    };
    int64_t left = count;
    for (; left >= block; left -= block, at += block) mix(at);
    if (left > 0) {
        char tail[block] = {};
        std::memcpy(tail, at, static_cast<size_t>(left));
        mix(tail);
    }
    uint64_t hash = seed ^ (static_cast<uint64_t>(count) * other);
    for (int k = 0; k < 4; ++k) {
        for (int i = 0; i < 8; ++i) {
            hash = (hash ^ lane[k][i]) * prime;
            hash ^= hash >> 29;
            hash *= other;
            hash ^= hash >> 32;
        }
    }
    return hash;
}

}  // namespace ORC_ISA
}  // namespace orc
