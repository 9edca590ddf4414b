// SentencePiece's own throughput: encodes every page of a file (pages end in a zero byte) on one thread, once
// unmeasured and then four times, and prints processor seconds a time and tokens.
#include <sentencepiece_processor.h>

#include <ctime>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

int main(int argc, char** argv) {
    if (argc != 3) return 2;
    sentencepiece::SentencePieceProcessor processor;
    if (!processor.Load(argv[1]).ok()) return 1;
    std::ifstream file(argv[2], std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    constexpr int times = 4;
    size_t tokens = 0;
    std::clock_t start = 0;
    for (int time = 0; time <= times; ++time) {
        if (time == 1) start = std::clock();
        tokens = 0;
        for (size_t begin = 0; begin < text.size();) {
            const size_t end = text.find('\0', begin);
            std::vector<int> ids;
            if (!processor.Encode({text.data() + begin, end - begin}, &ids).ok()) return 1;
            tokens += ids.size();
            begin = end + 1;
        }
    }
    std::cout << static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC / times << ' ' << tokens << '\n';
}
