using FunctionsApi.Cli;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Cli;

public sealed class CommandContextTests
{
    [Fact]
    public async Task JSON_leaves_what_a_terminal_can_show_as_it_is_and_escapes_what_would_control_it()
    {
        await using var output = new StringWriter();
        await using var context = new CommandContext(output, TextWriter.Null, TimeProvider.System);

        context.PrintJson(json => json.WriteStringValue("whsec_a+b/c= <ü…> \u001b \u009b"));

        output.ToString().ShouldBe("\"whsec_a+b/c= <ü…> \\u001B \\u009B\"" + Environment.NewLine);
    }
}
