using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

[Collection("Alone in the process")]
public sealed class DisposeScopeTests
{
    [Fact]
    public void A_scope_disposes_what_was_made_in_it()
    {
        Tensor inside;
        using (NewDisposeScope())
        {
            inside = ones(2).add(1);
        }

        Assert.True(inside.IsInvalid);
    }

    [Fact]
    public void What_is_moved_to_the_outer_scope_lives_as_long_as_that()
    {
        Tensor kept;
        using (NewDisposeScope())
        {
            using (NewDisposeScope())
            {
                kept = ones(2).MoveToOuterDisposeScope();
            }

            Assert.False(kept.IsInvalid);
        }

        Assert.True(kept.IsInvalid);
    }

    [Fact]
    public void What_is_detached_belongs_to_no_scope()
    {
        Tensor kept;
        using (NewDisposeScope())
        {
            kept = ones(2).DetachFromDisposeScope();
        }

        using (kept)
        {
            Assert.False(kept.IsInvalid);
        }

        Assert.True(kept.IsInvalid);
    }

    [Fact]
    public void A_tensor_disposed_by_hand_leaves_its_scope()
    {
        using var scope = NewDisposeScope();
        var x = ones(2);
        Assert.Equal(1, scope.DisposablesCount);

        x.Dispose();

        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void Everything_but_what_is_kept_can_go_early()
    {
        using var scope = NewDisposeScope();
        var kept = ones(2);
        var gone = ones(3);

        scope.DisposeEverythingBut(kept);

        Assert.False(kept.IsInvalid);
        Assert.True(gone.IsInvalid);
        Assert.True(scope.Contains(kept));
    }

    [Fact]
    public void Scopes_belong_to_their_thread()
    {
        using var scope = NewDisposeScope();
        Tensor? elsewhere = null;
        var thread = new Thread(() => elsewhere = ones(2));
        thread.Start();
        thread.Join();

        Assert.Equal(0, scope.DisposablesCount);
        Assert.False(elsewhere!.IsInvalid);
        elsewhere.Dispose();
    }

    [Fact]
    public void A_parameter_takes_the_place_of_the_tensor_it_was_made_of()
    {
        var scope = NewDisposeScope();
        var data = ones(2);
        var parameter = nn.Parameter(data);

        Assert.True(data.IsInvalid);
        Assert.True(scope.Contains(parameter));
        scope.Dispose();
        Assert.True(parameter.IsInvalid);
    }

    [Fact]
    public void A_wrapped_expression_leaves_its_result_alone()
    {
        using var scope = NewDisposeScope();

        var result = WrappedTensorDisposeScope(() => ones(2).add(1).mul(3));

        Assert.Equal(1, scope.DisposablesCount);
        Assert.Equal([6f, 6f], result.data<float>().ToArray());
    }

    [Fact]
    public void The_thread_counts_what_its_tensors_went_through()
    {
        var counts = DisposeScopeManager.Statistics;
        counts.Reset();
        using (NewDisposeScope())
        {
            ones(2).DetachFromDisposeScope().Dispose();
            _ = ones(3);
        }

        Assert.Equal(2, counts.CreatedInScopeCount);
        Assert.Equal(1, counts.DetachedFromScopeCount);
        Assert.Equal(0, counts.ThreadTotalLiveCount);
    }

    [Fact]
    public void What_nobody_disposed_is_released_at_last_in_a_scope_or_out_of_any()
    {
        var before = Tensor.TotalCount;
        var thread = new Thread(() =>
        {
            _ = NewDisposeScope();
            for (var i = 0; i < 100; i++)
            {
                _ = ones(1000).add(1);
                _ = ones(1000).DetachFromDisposeScope();
            }
        });
        thread.Start();
        thread.Join();
        Assert.InRange(Tensor.TotalCount - before, 250, long.MaxValue);

        var left = long.MaxValue;
        for (var i = 0; i < 200 && left > 50; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            left = Tensor.TotalCount - before;
        }

        Assert.InRange(left, long.MinValue, 50);
    }
}
