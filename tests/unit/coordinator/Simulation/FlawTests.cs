using Xunit;

namespace Orchestrator.Tests.Coordinator.Simulation;

/// <summary>The checks of the simulation notice a world that is worse than it may be: without these, that it finds nothing would mean nothing.</summary>
public sealed class FlawTests(ITestOutputHelper output)
{
    private const int Seeds = 600;

    [Fact]
    public void A_database_that_takes_a_deposed_leaders_writes_is_noticed() => Noticed(new Flaws { NoFencing = true });

    [Fact]
    public void A_deposed_leader_that_answers_questions_is_noticed() => Noticed(new Flaws { NoFencingOfAnswers = true }, "was told");

    [Fact]
    public void A_disk_that_acknowledges_what_it_did_not_write_is_noticed() => Noticed(new Flaws { LateSync = true });

    [Fact]
    public void A_batch_of_which_a_part_was_stored_is_noticed() => Noticed(new Flaws { TornBatches = true });

    [Fact]
    public void A_worker_that_does_not_repeat_itself_in_a_new_session_is_noticed() => Noticed(new Flaws { NoRepeats = true }, "did not succeed");

    [Fact]
    public void A_run_submitted_again_without_its_key_is_noticed() => Noticed(new Flaws { NoKeys = true });

    [Fact]
    public void Ranks_that_go_on_from_a_state_older_than_a_checkpoint_are_noticed() => Noticed(new Flaws { StaleMemory = true }, "though the checkpoint of step");

    [Fact]
    public void Workers_that_do_not_say_at_which_step_they_stand_are_noticed() => Noticed(new Flaws { UntoldSteps = true }, "is left out");

    [Fact]
    public void A_checkpoint_committed_by_a_generation_that_is_over_is_noticed() => Noticed(new Flaws { StaleCheckpoints = true }, "a checkpoint of generation");

    [Fact]
    public void A_room_that_lets_ranks_of_an_older_generation_in_is_noticed() => Noticed(new Flaws { OpenRooms = true }, "was let into the room");

    [Fact]
    public void A_message_over_a_replaced_session_that_counts_is_noticed() => Noticed(new Flaws { StaleSessions = true }, "over a session that was replaced");

    private void Noticed(Flaws flaws, string expected = "")
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            try
            {
                new World(seed, flaws).Run();
            }
            catch (Violation e)
            {
                // It may show in other ways first.
                if (e.Message.Contains(expected, StringComparison.Ordinal))
                {
                    output.WriteLine($"seed {seed}: {e.Message}");
                    return;
                }
            }
        }

        Assert.Fail($"{Seeds} seeds and nothing was noticed with {flaws}");
    }
}
