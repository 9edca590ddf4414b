// The C ABI of the collectives. Every function returns a status; the text and the lost rank of the calling thread's
// last failure are read with orc_mesh_error. No exception leaves.
#include <exception>
#include <string>

#include "mesh.h"

#define ORC_EXPORT extern "C" __attribute__((visibility("default")))

namespace {

enum Status : int32_t { kDone = 0, kPeerLost = 1, kFailed = 2, kStoreFailed = 3 };

thread_local std::string last_error;
thread_local int32_t last_rank = -1;

// The caller's own store refused; it knows why.
struct StoreFailed {};

template <typename Action>
int32_t guarded(const Action& action) {
    try {
        action();
        return kDone;
    } catch (const orchestrator::PeerLost& e) {
        last_error = e.what();
        last_rank = e.rank;
        return kPeerLost;
    } catch (const StoreFailed&) {
        return kStoreFailed;
    } catch (const std::exception& e) {
        last_error = e.what();
    } catch (...) {
        last_error = "an exception of unknown type";
    }
    last_rank = -1;
    return kFailed;
}

}  // namespace

// Both return 0, or another value where they failed. The value of get is handed over by one call of take(sink, bytes,
// count).
using SetCallback = int32_t (*)(void* state, const char* key, const uint8_t* bytes, int64_t count);
using TakeCallback = void (*)(void* sink, const uint8_t* bytes, int64_t count);
using GetCallback = int32_t (*)(void* state, const char* key, void* sink, TakeCallback take);

ORC_EXPORT const char* orc_mesh_error(int32_t* rank) {
    *rank = last_rank;
    return last_error.c_str();
}

ORC_EXPORT int32_t orc_mesh_create(int32_t rank, int32_t size, const char* host, int64_t timeout_ms,
                                   orchestrator::Mesh** mesh) {
    return guarded([&] { *mesh = new orchestrator::Mesh(rank, size, host, std::chrono::milliseconds(timeout_ms)); });
}

ORC_EXPORT int32_t orc_mesh_connect(orchestrator::Mesh* mesh, const char* prefix, void* state, SetCallback set,
                                    GetCallback get) {
    return guarded([&] {
        orchestrator::Store store;
        store.set = [&](const std::string& key, const std::vector<char>& value) {
            if (set(state, key.c_str(), reinterpret_cast<const uint8_t*>(value.data()),
                    static_cast<int64_t>(value.size())) != 0)
                throw StoreFailed();
        };
        store.get = [&](const std::string& key) {
            std::vector<char> value;
            auto take = [](void* sink, const uint8_t* bytes, int64_t count) {
                static_cast<std::vector<char>*>(sink)->assign(bytes, bytes + count);
            };
            if (get(state, key.c_str(), &value, take) != 0) throw StoreFailed();
            return value;
        };
        mesh->connect(store, prefix);
    });
}

ORC_EXPORT int32_t orc_mesh_all_to_all(orchestrator::Mesh* mesh, void* send, const int64_t* send_bytes, void* receive,
                                       const int64_t* receive_bytes) {
    return guarded([&] { mesh->all_to_all(send, send_bytes, receive, receive_bytes); });
}

ORC_EXPORT int32_t orc_mesh_all_gather(orchestrator::Mesh* mesh, void* buffer, const int64_t* bytes) {
    return guarded([&] { mesh->all_gather(buffer, bytes); });
}

ORC_EXPORT int32_t orc_mesh_broadcast(orchestrator::Mesh* mesh, void* buffer, int64_t bytes, int32_t root) {
    return guarded([&] { mesh->broadcast(buffer, bytes, root); });
}

ORC_EXPORT int32_t orc_mesh_barrier(orchestrator::Mesh* mesh) {
    return guarded([&] { mesh->barrier(); });
}

ORC_EXPORT void orc_mesh_abort(orchestrator::Mesh* mesh, const char* reason) {
    guarded([&] { mesh->abort(reason); });
}

// Blocks until a peer is found missing or the mesh is retired: kPeerLost or kDone. For a thread of its own.
ORC_EXPORT int32_t orc_mesh_await_loss(orchestrator::Mesh* mesh) {
    return guarded([&] { mesh->await_loss(); });
}

ORC_EXPORT void orc_mesh_retire(orchestrator::Mesh* mesh) {
    guarded([&] { mesh->retire(); });
}

ORC_EXPORT void orc_mesh_destroy(orchestrator::Mesh* mesh) {
    guarded([&] { delete mesh; });
}
