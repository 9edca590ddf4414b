// SentencePiece and CLD2 behind a C ABI. Every function returns 0, or a non-zero status with its reason in
// orchestrator_text_last_error() (thread-local). No exception crosses the border.
// CLD2's header needs stdio.h before it.
// clang-format off
#include <stdio.h>
#include <cld2/public/compact_lang_det.h>
// clang-format on
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kFailed = 1;
constexpr int kBufferTooSmall = 2;

thread_local std::string last_error;

int fail(const std::string& reason) {
    last_error = reason;
    return kFailed;
}

template <typename Body>
int guarded(Body body) noexcept {
    try {
        return body();
    } catch (const std::exception& e) {
        return fail(e.what());
    } catch (...) {
        return fail("unknown native exception");
    }
}

using Processor = sentencepiece::SentencePieceProcessor;

// Sentences in one buffer: sentence i is text[offsets[i], offsets[i + 1]).
class BufferIterator final : public sentencepiece::SentenceIterator {
  public:
    BufferIterator(const char* text, const int64_t* offsets, int64_t count)
        : text_(text), offsets_(offsets), count_(count) {
        Fill();
    }
    bool done() const override { return next_ >= count_; }
    void Next() override {
        ++next_;
        Fill();
    }
    const std::string& value() const override { return value_; }
    sentencepiece::util::Status status() const override { return {}; }

  private:
    void Fill() {
        if (next_ < count_) value_.assign(text_ + offsets_[next_], text_ + offsets_[next_ + 1]);
    }

    const char* text_;
    const int64_t* offsets_;
    int64_t count_;
    int64_t next_ = 0;
    std::string value_;
};

}  // namespace

EXPORT const char* orchestrator_text_last_error() { return last_error.c_str(); }

// Whether most of a text is English, reliably so, and what percentage of it.
EXPORT int orchestrator_text_is_english(const char* utf8, int32_t length, int32_t* is_english, int32_t* percent) {
    return guarded([&] {
        CLD2::Language languages[3];
        int percents[3];
        int bytes = 0;
        bool is_reliable = false;
        CLD2::DetectLanguageSummary(utf8, length, /*is_plain_text=*/true, languages, percents, &bytes, &is_reliable);
        *is_english = is_reliable && languages[0] == CLD2::ENGLISH ? 1 : 0;
        *percent = percents[0];
        return 0;
    });
}

// Loads a model from its serialized bytes.
EXPORT int orchestrator_text_load(const char* model, int64_t length, void** processor) {
    return guarded([&] {
        auto loaded = std::make_unique<Processor>();
        const auto status = loaded->LoadFromSerializedProto({model, static_cast<size_t>(length)});
        if (!status.ok()) return fail(status.ToString());
        *processor = loaded.release();
        return 0;
    });
}

EXPORT void orchestrator_text_free(void* processor) { delete static_cast<Processor*>(processor); }

// ids: pieces, pad, eos, unk, bos; -1 where the model has none.
EXPORT int orchestrator_text_describe(void* processor, int32_t* ids) {
    return guarded([&] {
        const auto* p = static_cast<Processor*>(processor);
        ids[0] = p->GetPieceSize();
        ids[1] = p->pad_id();
        ids[2] = p->eos_id();
        ids[3] = p->unk_id();
        ids[4] = p->bos_id();
        return 0;
    });
}

// Encodes `count` texts, text i at utf8[offsets[i], offsets[i + 1]), one after the other into ids; ends[i] is the end
// of text i there. Status 2: capacity does not suffice; *needed then says what would.
EXPORT int orchestrator_text_encode(void* processor, const char* utf8, const int64_t* offsets, int32_t count,
                                    int32_t* ids, int64_t capacity, int64_t* ends, int64_t* needed) {
    return guarded([&] {
        const auto* p = static_cast<Processor*>(processor);
        std::vector<int> pieces;
        int64_t written = 0;
        for (int32_t i = 0; i < count; ++i) {
            pieces.clear();
            const auto status =
                p->Encode({utf8 + offsets[i], static_cast<size_t>(offsets[i + 1] - offsets[i])}, &pieces);
            if (!status.ok()) return fail(status.ToString());
            const auto size = static_cast<int64_t>(pieces.size());
            if (written + size <= capacity) std::memcpy(ids + written, pieces.data(), size * sizeof(int32_t));
            written += size;
            ends[i] = written;
        }
        *needed = written;
        return written <= capacity ? 0 : kBufferTooSmall;
    });
}

// Decodes ids to UTF-8. Status 2: capacity does not suffice; *length says what would.
EXPORT int orchestrator_text_decode(void* processor, const int32_t* ids, int32_t count, char* utf8, int64_t capacity,
                                    int64_t* length) {
    return guarded([&] {
        const auto* p = static_cast<Processor*>(processor);
        std::string text;
        const auto status = p->Decode(std::vector<int>(ids, ids + count), &text);
        if (!status.ok()) return fail(status.ToString());
        *length = static_cast<int64_t>(text.size());
        if (*length > capacity) return kBufferTooSmall;
        std::memcpy(utf8, text.data(), text.size());
        return 0;
    });
}

// The piece with this id, as UTF-8. Status 2 as in decode.
EXPORT int orchestrator_text_piece(void* processor, int32_t id, char* utf8, int64_t capacity, int64_t* length) {
    return guarded([&] {
        const auto* p = static_cast<Processor*>(processor);
        const auto& text = p->IdToPiece(id);
        *length = static_cast<int64_t>(text.size());
        if (*length > capacity) return kBufferTooSmall;
        std::memcpy(utf8, text.data(), text.size());
        return 0;
    });
}

// Trains a model on sentences in memory. names and values are the trainer's options. *model is to be given to
// orchestrator_text_free_bytes.
EXPORT int orchestrator_text_train(const char* text, const int64_t* offsets, int64_t count, const char* const* names,
                                   const char* const* values, int32_t options, uint32_t seed, char** model,
                                   int64_t* length) {
    return guarded([&] {
        std::unordered_map<std::string, std::string> arguments;
        for (int32_t i = 0; i < options; ++i) arguments.emplace(names[i], values[i]);
        sentencepiece::SetRandomGeneratorSeed(seed);
        BufferIterator sentences(text, offsets, count);
        std::string serialized;
        const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &sentences, &serialized);
        if (!status.ok()) return fail(status.ToString());
        auto bytes = std::make_unique<char[]>(serialized.size());
        std::memcpy(bytes.get(), serialized.data(), serialized.size());
        *length = static_cast<int64_t>(serialized.size());
        *model = bytes.release();
        return 0;
    });
}

EXPORT void orchestrator_text_free_bytes(char* bytes) { delete[] bytes; }
