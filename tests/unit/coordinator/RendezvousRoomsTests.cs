using Orchestrator.Coordinator.Scheduling;
using Xunit;

namespace Orchestrator.Tests.Coordinator;

public sealed class RendezvousRoomsTests
{
    private readonly RendezvousRooms _rooms = new();

    [Fact]
    public void Once_a_later_generation_is_open_the_one_before_meets_no_more()
    {
        _rooms.Open("a", 1);
        _rooms.Enter("a", 1).Set("key", [1]);

        _rooms.Open("a", 2);

        Assert.Throws<StaleGenerationException>(() => _rooms.Enter("a", 1));
        Assert.Null(_rooms.Enter("a", 2).Get("key"));
    }

    [Fact]
    public async Task Who_is_in_a_room_that_closes_is_told_and_can_leave_nothing_in_it()
    {
        _rooms.Open("a", 1);
        var room = _rooms.Enter("a", 1);
        var waiting = room.WaitAsync(["key"], TestContext.Current.CancellationToken);

        _rooms.Open("a", 2);

        await Assert.ThrowsAsync<StaleGenerationException>(() => waiting);
        Assert.Throws<StaleGenerationException>(() => room.Set("key", [1]));
        Assert.Throws<StaleGenerationException>(() => room.Get("key"));
        Assert.Throws<StaleGenerationException>(() => room.Add("key", 1));
    }

    [Fact]
    public void A_generation_that_is_not_open_yet_or_was_closed_has_no_room()
    {
        _rooms.Open("a", 1);
        Assert.Throws<StaleGenerationException>(() => _rooms.Enter("a", 2));

        _rooms.Open("a", 0);

        Assert.Throws<StaleGenerationException>(() => _rooms.Enter("a", 1));
    }
}
