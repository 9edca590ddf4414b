using Orchestrator.Core.Data.Tasks;
using Xunit;

namespace Orchestrator.Tests.Core.Data.Tasks;

public sealed class TaskTemplateTests
{
    [Theory]
    [InlineData("question: {q} context: {c}", "question: <q> context: <c>")]
    [InlineData("{q}", "<q>")]
    [InlineData("{q}{c}{q}", "<q><c><q>")]
    [InlineData("{{q}} is {q}", "{q} is <q>")]
    [InlineData("plain", "plain")]
    [InlineData("", "")]
    [InlineData("}}{{", "}{")]
    public void Fields_in_braces_are_replaced_and_doubled_braces_are_braces(string template, string expected) =>
        Assert.Equal(expected, TaskTemplate.Parse(template).Fill(name => $"<{name}>"));

    [Theory]
    [InlineData("a {q", "has a '{' that is not closed; write {field}, or {{ for the brace itself")]
    [InlineData("a } b", "has a '}' at character 3 that names no field; write {field}, or }} for the brace itself")]
    [InlineData("{}", "has a '}' at character 2 that names no field; write {field}, or }} for the brace itself")]
    [InlineData("{a{b}", "has a '{' at character 3 that names no field; write {field}, or {{ for the brace itself")]
    public void A_brace_without_a_partner_is_named(string template, string expected) =>
        Assert.Equal(expected, Assert.Throws<FormatException>(() => TaskTemplate.Parse(template)).Message);
}
