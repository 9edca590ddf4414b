using Orchestrator.Core;
using Orchestrator.Core.Data.Tasks;
using Orchestrator.Core.Specs;
using Xunit;

namespace Orchestrator.Tests.Core.Data.Tasks;

public sealed class TaskSetTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Every_example_of_a_task_is_drawn_once_before_any_is_drawn_twice()
    {
        using var set = Open(Task("small", 7, rate: 40), Task("large", 100) with { HeldOut = 0.1 });
        var seen = new Dictionary<string, int[]> { ["small"] = new int[7], ["large"] = new int[90] };
        for (var epoch = 0L; epoch < 4; epoch++)
        {
            for (var index = 0L; index < set.TrainCount; index++)
            {
                var (task, number) = set.Train(epoch, index);
                var counts = seen[task.Spec.Name];
                counts[number]++;

                Assert.True(counts[number] <= counts.Min() + 1);
            }
        }

        Assert.Equal(97, set.TrainCount);
        Assert.Equal([30, 67], set.Quotas);
        Assert.Equal([4 * 30, 4 * 67], [seen["small"].Sum(), seen["large"].Sum()]);
    }

    [Fact]
    public void What_is_held_out_is_never_trained_on_and_nothing_is_lost()
    {
        using var set = Open(Task("a", 50) with { HeldOut = 0.2 }, Task("b", 3) with { HeldOut = 0.01 });

        var held = Enumerable.Range(0, (int)set.ValidationCount).Select(i => set.Validation(i)).Select(place => place.Task.Validation(place.Number).Input).ToHashSet();
        var trained = Enumerable.Range(0, (int)set.TrainCount).Select(i => set.Train(0, i)).Select(place => place.Task.Train(place.Number).Input).ToHashSet();

        Assert.Equal(11, held.Count);
        Assert.Equal(42, trained.Count);
        Assert.Empty(held.Intersect(trained));
    }

    [Fact]
    public void The_order_depends_on_the_seed_and_what_is_held_out_does_not()
    {
        var task = Task("a", 200) with { HeldOut = 0.5 };
        using var one = Open(1, task);
        using var other = Open(2, task);

        Assert.NotEqual(Order(one), Order(other));
        Assert.Equal(Order(one).Order(), Order(other).Order());

        static string[] Order(TaskSet set) => [.. Enumerable.Range(0, (int)set.TrainCount).Select(i => set.Train(0, i)).Select(place => place.Task.Train(place.Number).Input)];
    }

    [Fact]
    public void The_fingerprint_is_that_of_what_is_trained_on()
    {
        var task = Task("a", 20) with { HeldOut = 0.5 };
        using var one = Open(task);
        File.Copy(task.Train[0], Path.Combine(_folder.Path, "copy.tsv"));
        using var copied = Open(task with { Train = [Path.Combine(_folder.Path, "copy.tsv")] });
        File.AppendAllText(Path.Combine(_folder.Path, "copy.tsv"), "more\tof it\n");
        using var longer = Open(task with { Train = [Path.Combine(_folder.Path, "copy.tsv")] });

        Assert.Equal(one.Fingerprint, copied.Fingerprint);
        Assert.NotEqual(one.Fingerprint, longer.Fingerprint);
    }

    [Fact]
    public void All_files_that_are_missing_are_named_at_once()
    {
        var spec = Spec(1, Task("a", 2) with { Validation = ["/nowhere/v.tsv"] }, Task("b", 2) with { Train = ["/nowhere/t.tsv"] });

        var error = Assert.Throws<BadInputException>(() => TaskSet.Open(spec));

        Assert.Equal("data.tasks[0].validation: there is no file /nowhere/v.tsv.\ndata.tasks[1].train: there is no file /nowhere/t.tsv.", error.Message);
    }

    [Fact]
    public void Tasks_with_nothing_to_be_measured_on_are_refused()
    {
        var error = Assert.Throws<BadInputException>(() => Open(Task("a", 5)));

        Assert.StartsWith("data.tasks: no task has anything to be measured on", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private TaskSet Open(params TaskSpec[] tasks) => Open(1, tasks);

    private TaskSet Open(long seed, params TaskSpec[] tasks) => TaskSet.Open(Spec(seed, tasks));

    private RunSpec Spec(long seed, params TaskSpec[] tasks)
    {
        var vocabulary = Path.Combine(_folder.Path, "spiece.model");
        File.WriteAllText(vocabulary, "pieces");
        return new RunSpec { Seed = seed, Data = new DataSpec { Vocabulary = vocabulary, Tasks = new SpecList<TaskSpec>(tasks) } };
    }

    private TaskSpec Task(string name, int examples, double? rate = null)
    {
        var path = Path.Combine(_folder.Path, name + ".tsv");
        File.WriteAllText(path, "input\ttarget\n" + string.Concat(Enumerable.Range(0, examples).Select(i => $"{name} {i}\tanswer {i}\n")));
        return new TaskSpec { Name = name, Train = [path], Rate = rate };
    }
}
