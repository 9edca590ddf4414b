// A full mesh of TCP pairs between the ranks of one generation, and the collectives over it.
#pragma once

#include <gloo/transport/context.h>
#include <gloo/transport/device.h>
#include <gloo/transport/unbound_buffer.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace orchestrator {

// A peer died, was too late, or the mesh was aborted. The mesh is then of no further use.
class PeerLost : public std::runtime_error {
  public:
    PeerLost(int lost_rank, const std::string& what) : std::runtime_error(what), rank(lost_rank) {}
    const int rank;  // -1: not known
};

// The rendezvous: both block, both throw.
struct Store {
    std::function<void(const std::string& key, const std::vector<char>& value)> set;
    std::function<std::vector<char>(const std::string& key)> get;
};

// Not thread-safe, except abort(). Every rank makes the same calls in the same order.
class Mesh {
  public:
    Mesh(int rank, int size, const std::string& host, std::chrono::milliseconds timeout);
    ~Mesh();
    Mesh(const Mesh&) = delete;
    Mesh& operator=(const Mesh&) = delete;

    void connect(const Store& store, const std::string& prefix);
    void all_to_all(void* send, const int64_t* send_bytes, void* receive, const int64_t* receive_bytes);
    void all_gather(void* buffer, const int64_t* bytes);
    void broadcast(void* buffer, int64_t bytes, int root);
    void barrier();
    void abort(const std::string& reason);
    // Blocks until the mesh has failed, and then throws, or until retire() is called.
    void await_loss();
    void retire();

  private:
    class Transfer;
    using Clock = std::chrono::steady_clock;

    void fail(int rank, const std::string& reason);
    void throw_if_failed();
    void shake_hands(const std::string& prefix);
    void watch();
    void say_goodbye();
    std::vector<int> broken_pairs();
    Clock::time_point deadline() const { return Clock::now() + timeout_; }

    const int rank_;
    const int size_;
    const std::chrono::milliseconds timeout_;
    uint64_t slot_;

    // Guards what follows; abort(), await_loss() and retire() take it from any thread.
    std::mutex mutex_;
    std::condition_variable changed_;
    bool retired_ = false;
    bool failed_ = false;
    bool connected_ = false;
    bool closing_ = false;
    int lost_rank_ = -1;
    std::string reason_;
    std::vector<gloo::transport::UnboundBuffer*> active_;

    std::shared_ptr<gloo::transport::Device> device_;
    std::shared_ptr<gloo::transport::Context> context_;
    std::vector<char> watched_;  // by rank, 1 where it has said goodbye
    std::unique_ptr<gloo::transport::UnboundBuffer> watch_buffer_;
    std::thread watcher_;
};

}  // namespace orchestrator
