#include "mesh.h"

#include <gloo/common/error.h>
#include <gloo/transport/pair.h>
#include <gloo/transport/tcp/device.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace orchestrator {

namespace {

// Slots tell messages apart. Collectives count up from kFirstSlot, so no two of them mix.
constexpr uint64_t kWatchSlot = 1;
constexpr uint64_t kProbeSlot = 2;
constexpr uint64_t kFirstSlot = 16;
// Gloo breaks every pair when a wait times out, so the watch must never do so.
constexpr auto kNever = std::chrono::hours(24 * 365 * 10);
// From here on a broadcast to several ranks goes as scatter and all-gather, which spares the root's link.
constexpr int64_t kScatterBytes = 1 << 20;

std::string list(const std::vector<int>& ranks) {
    std::string text = ranks.size() == 1 ? "rank " : "ranks ";
    for (size_t i = 0; i < ranks.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(ranks[i]);
    return text;
}

int64_t sum(const int64_t* bytes, int count) {
    int64_t total = 0;
    for (int i = 0; i < count; ++i) total += bytes[i];
    return total;
}

}  // namespace

// The sends or the receives of one collective, one peer each. They are waited for one after the other: the watch looks
// after all pairs meanwhile.
class Mesh::Transfer {
  public:
    Transfer(Mesh& mesh, void* memory, bool receives)
        : mesh_(mesh), memory_(static_cast<char*>(memory)), receives_(receives) {}

    ~Transfer() {
        std::lock_guard<std::mutex> guard(mesh_.mutex_);
        auto& active = mesh_.active_;
        for (auto& [peer, buffer] : pending_)
            active.erase(std::remove(active.begin(), active.end(), buffer.get()), active.end());
    }

    void post(int peer, uint64_t slot, int64_t offset, int64_t bytes) {
        if (bytes == 0) return;
        auto buffer = mesh_.context_->createUnboundBuffer(memory_ + offset, static_cast<size_t>(bytes));
        auto* posted = buffer.get();
        pending_.emplace_back(peer, std::move(buffer));
        {
            std::lock_guard<std::mutex> guard(mesh_.mutex_);
            mesh_.active_.push_back(posted);
        }
        try {
            if (receives_) {
                posted->recv(peer, slot);
            } else {
                posted->send(peer, slot);
            }
        } catch (const gloo::Exception& e) {
            mesh_.fail(peer, list({peer}) + " is gone: " + e.what());
            mesh_.throw_if_failed();
        }
    }

    void wait(Clock::time_point until) {
        for (auto& [peer, buffer] : pending_) {
            mesh_.throw_if_failed();
            auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
            left = std::max(left, std::chrono::milliseconds(1));
            try {
                if (receives_ ? buffer->waitRecv(left) : buffer->waitSend(left)) continue;
                mesh_.fail(-1, "aborted");
            } catch (const gloo::Exception& e) {
                mesh_.fail(peer, Clock::now() < until
                                     ? list({peer}) + " is gone: " + e.what()
                                     : list({peer}) + (receives_ ? " sent" : " took") + " nothing for " +
                                           std::to_string(mesh_.timeout_.count()) + " ms");
            }
            mesh_.throw_if_failed();
        }
    }

  private:
    Mesh& mesh_;
    char* const memory_;
    const bool receives_;
    std::vector<std::pair<int, std::unique_ptr<gloo::transport::UnboundBuffer>>> pending_;
};

Mesh::Mesh(int rank, int size, const std::string& host, std::chrono::milliseconds timeout)
    : rank_(rank), size_(size), timeout_(timeout), slot_(kFirstSlot), watched_(static_cast<size_t>(size)) {
    gloo::transport::tcp::attr attr;
    attr.hostname = host;
    device_ = gloo::transport::tcp::CreateDevice(attr);
    context_ = device_->createContext(rank, size);
    // Pair::connect waits five times this long.
    context_->setTimeout(std::max(timeout / 5, std::chrono::milliseconds(1)));
    for (int peer = 0; peer < size_; ++peer) {
        if (peer != rank_) context_->createPair(peer);
    }
}

Mesh::~Mesh() {
    say_goodbye();
    if (watcher_.joinable()) {
        watch_buffer_->abortWaitRecv();
        watcher_.join();
    }
    watch_buffer_.reset();
    // Pair::close resets the connection and with it what a slower peer has yet to read. So only a failed mesh calls it;
    // in good order the pairs' destructors let the kernel deliver the rest.
    if (!failed_) return;
    for (int peer = 0; peer < size_; ++peer) {
        if (peer != rank_) context_->getPair(peer)->close();
    }
}

// Each rank publishes, under prefix/rank, the address of its end of each pair: a length, then the address, in rank
// order.
void Mesh::connect(const Store& store, const std::string& prefix) {
    std::vector<char> own;
    for (int peer = 0; peer < size_; ++peer) {
        auto bytes = peer == rank_ ? std::vector<char>() : context_->getPair(peer)->address().bytes();
        auto length = static_cast<uint32_t>(bytes.size());
        own.insert(own.end(), reinterpret_cast<char*>(&length), reinterpret_cast<char*>(&length) + sizeof(length));
        own.insert(own.end(), bytes.begin(), bytes.end());
    }
    store.set(prefix + "/" + std::to_string(rank_), own);

    for (int peer = 0; peer < size_; ++peer) {
        if (peer == rank_) continue;
        throw_if_failed();
        auto all = store.get(prefix + "/" + std::to_string(peer));
        size_t at = 0;
        uint32_t length = 0;
        for (int i = 0; i <= rank_; ++i) {
            at += length;
            if (all.size() - at < sizeof(length))
                throw std::runtime_error("the address of " + list({peer}) + " is cut short");
            std::memcpy(&length, all.data() + at, sizeof(length));
            at += sizeof(length);
            if (all.size() - at < length) throw std::runtime_error("the address of " + list({peer}) + " is cut short");
        }
        try {
            context_->getPair(peer)->connect(std::vector<char>(all.begin() + at, all.begin() + at + length));
        } catch (const gloo::Exception& e) {
            fail(peer, "rank " + std::to_string(peer) + " could not be reached: " + e.what());
        }
    }
    throw_if_failed();

    watch_buffer_ = context_->createUnboundBuffer(watched_.data(), watched_.size());
    try {
        for (int peer = 0; peer < size_; ++peer) {
            if (peer != rank_) watch_buffer_->recv(peer, kWatchSlot, static_cast<size_t>(peer), 1);
        }
    } catch (const gloo::Exception& e) {
        fail(-1, std::string("a peer left at once: ") + e.what());
    }
    throw_if_failed();
    {
        std::lock_guard<std::mutex> guard(mutex_);
        connected_ = true;
    }
    watcher_ = std::thread([this] { watch(); });
    shake_hands(prefix);
}

// A dead rank's port may belong to another process by now, this one even. So each pair says who it is before it is
// used.
void Mesh::shake_hands(const std::string& prefix) {
    auto word = [&](int rank) { return std::hash<std::string>()(prefix + "/" + std::to_string(rank)); };
    std::vector<uint64_t> words(static_cast<size_t>(size_));
    std::vector<int64_t> bytes(static_cast<size_t>(size_), sizeof(uint64_t));
    words[rank_] = word(rank_);
    all_gather(words.data(), bytes.data());
    for (int peer = 0; peer < size_; ++peer) {
        if (words[peer] != word(peer)) {
            fail(peer, list({peer}) + " could not be reached: another process answers at its address");
        }
    }
    throw_if_failed();
}

// A receive is pending on every pair at all times, so that the death of any peer is noticed at once, whatever is under
// way. A peer that closes in good order sends a byte first.
void Mesh::watch() {
    for (int left = size_ - 1; left > 0; --left) {
        try {
            if (!watch_buffer_->waitRecv(kNever)) return;
        } catch (const gloo::Exception& e) {
            auto broken = broken_pairs();
            fail(broken.empty() ? -1 : broken.front(), (broken.empty() ? "a peer" : list(broken)) +
                                                           (broken.size() > 1 ? " are" : " is") + " gone: " + e.what());
            return;
        }
    }
}

void Mesh::say_goodbye() {
    {
        std::lock_guard<std::mutex> guard(mutex_);
        closing_ = true;
        if (failed_ || !connected_) return;
    }
    char word = 1;
    auto buffer = context_->createUnboundBuffer(&word, 1);
    int sent = 0;
    for (int peer = 0; peer < size_; ++peer) {
        if (peer == rank_) continue;
        try {
            buffer->send(peer, kWatchSlot, 0, 1);
            ++sent;
        } catch (const gloo::Exception&) {
            // It left earlier.
        }
    }
    try {
        while (sent-- > 0) buffer->waitSend(nullptr, std::chrono::milliseconds(250));
    } catch (const gloo::Exception&) {
        // As above; whoever is still there sees the connection close.
    }
}

// Which pairs refuse work. Some is posted on all of them, so this is for a mesh that has failed.
std::vector<int> Mesh::broken_pairs() {
    std::vector<char> memory(static_cast<size_t>(size_));
    auto probe = context_->createUnboundBuffer(memory.data(), memory.size());
    std::vector<int> broken;
    for (int peer = 0; peer < size_; ++peer) {
        if (peer == rank_) continue;
        try {
            probe->recv(peer, kProbeSlot, static_cast<size_t>(peer), 1);
        } catch (const gloo::Exception&) {
            bool said_goodbye = watched_[static_cast<size_t>(peer)] != 0;
            if (!said_goodbye) broken.push_back(peer);
        }
    }
    return broken;
}

void Mesh::all_to_all(void* send, const int64_t* send_bytes, void* receive, const int64_t* receive_bytes) {
    throw_if_failed();
    auto until = deadline();
    auto slot = slot_++;
    Transfer in(*this, receive, true);
    Transfer out(*this, send, false);
    // Rank r begins with r + 1, so that not all send to rank 0 first.
    for (int i = 1; i < size_; ++i) {
        int peer = (rank_ + size_ - i) % size_;
        in.post(peer, slot, sum(receive_bytes, peer), receive_bytes[peer]);
    }
    for (int i = 1; i < size_; ++i) {
        int peer = (rank_ + i) % size_;
        out.post(peer, slot, sum(send_bytes, peer), send_bytes[peer]);
    }
    if (send_bytes[rank_] > 0) {
        std::memmove(static_cast<char*>(receive) + sum(receive_bytes, rank_),
                     static_cast<char*>(send) + sum(send_bytes, rank_), static_cast<size_t>(send_bytes[rank_]));
    }
    in.wait(until);
    out.wait(until);
}

void Mesh::all_gather(void* buffer, const int64_t* bytes) {
    throw_if_failed();
    auto until = deadline();
    auto slot = slot_++;
    Transfer in(*this, buffer, true);
    Transfer out(*this, buffer, false);
    for (int i = 1; i < size_; ++i) {
        int peer = (rank_ + size_ - i) % size_;
        in.post(peer, slot, sum(bytes, peer), bytes[peer]);
    }
    for (int i = 1; i < size_; ++i) {
        out.post((rank_ + i) % size_, slot, sum(bytes, rank_), bytes[rank_]);
    }
    in.wait(until);
    out.wait(until);
}

void Mesh::broadcast(void* buffer, int64_t bytes, int root) {
    throw_if_failed();
    auto until = deadline();
    auto slot = slot_++;
    bool scatter = size_ > 2 && bytes >= kScatterBytes;
    std::vector<int64_t> pieces(static_cast<size_t>(size_));
    for (int i = 0; i < size_; ++i) pieces[i] = scatter ? bytes / size_ + (i < bytes % size_ ? 1 : 0) : bytes;
    Transfer transfer(*this, buffer, rank_ != root);
    if (rank_ == root) {
        for (int i = 1; i < size_; ++i) {
            int peer = (rank_ + i) % size_;
            transfer.post(peer, slot, scatter ? sum(pieces.data(), peer) : 0, pieces[peer]);
        }
    } else {
        transfer.post(root, slot, scatter ? sum(pieces.data(), rank_) : 0, pieces[rank_]);
    }
    transfer.wait(until);
    if (scatter) all_gather(buffer, pieces.data());
}

void Mesh::barrier() {
    std::vector<int64_t> ones(static_cast<size_t>(size_), 1);
    std::vector<char> memory(static_cast<size_t>(size_));
    all_gather(memory.data(), ones.data());
}

void Mesh::abort(const std::string& reason) {
    fail(-1, reason);
    std::lock_guard<std::mutex> guard(mutex_);
    if (connected_ || closing_) return;
    // Still in connect(): a closed pair stops waiting.
    for (int peer = 0; peer < size_; ++peer) {
        if (peer != rank_) context_->getPair(peer)->close();
    }
}

void Mesh::fail(int rank, const std::string& reason) {
    std::lock_guard<std::mutex> guard(mutex_);
    if (failed_) return;
    failed_ = true;
    lost_rank_ = rank;
    reason_ = reason;
    changed_.notify_all();
    for (auto* buffer : active_) {
        buffer->abortWaitRecv();
        buffer->abortWaitSend();
    }
}

void Mesh::await_loss() {
    std::unique_lock<std::mutex> guard(mutex_);
    changed_.wait(guard, [this] { return failed_ || retired_; });
    if (failed_) throw PeerLost(lost_rank_, reason_);
}

void Mesh::retire() {
    std::lock_guard<std::mutex> guard(mutex_);
    retired_ = true;
    changed_.notify_all();
}

void Mesh::throw_if_failed() {
    std::lock_guard<std::mutex> guard(mutex_);
    if (failed_) throw PeerLost(lost_rank_, reason_);
}

}  // namespace orchestrator
