using System.Reflection;
using Xunit;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

/// <summary>No operator of the stand-in goes without an entry in the table or a reason.</summary>
[Collection("Alone in the process")]
public sealed class OperatorCoverageTests
{
    [Fact]
    public void Every_operator_is_reached_by_an_entry_or_has_a_reason_not_to_be()
    {
        var table = typeof(Tensor).Assembly.GetType("TorchSharp.Interop.Ops");
        Assert.SkipWhen(table is null, "The tensor engine is TorchSharp itself.");
        var operators = table.GetFields(BindingFlags.Static | BindingFlags.NonPublic).Where(field => field.FieldType.Name == "Op").ToList();
        // An operator is looked up when it is first called, so what has a handle afterwards was called here.
        var handle = operators[0].FieldType.GetField("_handle", BindingFlags.Instance | BindingFlags.NonPublic)!;
        operators.ForEach(field => handle.SetValue(field.GetValue(null), (nint)0));

        foreach (var entry in OperatorTable.Cases)
        {
            using var scope = NewDisposeScope();
            entry.Run(Inputs.Of(entry.Variants.Split('|')[0]));
        }

        InPlaceTests.CallAll();
        CallOthers();

        var missing = operators.Where(field => (nint)handle.GetValue(field.GetValue(null))! == 0).Select(field => field.Name);
        Assert.Empty(missing.Except(OperatorTable.Excluded.Keys, StringComparer.Ordinal));
        Assert.Empty(OperatorTable.Excluded.Keys.Except(operators.Select(field => field.Name), StringComparer.Ordinal));
    }

    [Fact]
    public void Names_of_entries_are_unique() =>
        Assert.Empty(OperatorTable.Cases.GroupBy(entry => entry.Name).Where(group => group.Count() > 1).Select(group => group.Key));

    // In place under another name than their counterpart's, or with none.
    private static void CallOthers()
    {
        using var scope = NewDisposeScope();
        var x = Inputs.Of("p3,3")[0];
        x.clone().fill_(1).zero_().copy_(x).unsqueeze_(0).squeeze_(0);
        nn.functional.mish(x.clone(), inplace: true);
    }
}
